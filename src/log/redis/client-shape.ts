import type { ClusterLike, RedisLike } from './redis-like.js'

/*
 * Clients are recognised by what they have, never by `instanceof`: they may come from another copy or version of
 * ioredis, or from another realm. What comes untyped from JavaScript is anything.
 */

function hasFunctions(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(value, name) === 'function')
}

function hasOptions(value: object): boolean {
  const options: unknown = Reflect.get(value, 'options')
  return typeof options === 'object' && options !== null
}

/** Whether this is a Cluster of ioredis 5 or 6, or of a library that continues it. */
export function isCluster(value: object): value is ClusterLike {
  const isMarked = Reflect.get(value, 'isCluster') === true && Array.isArray(Reflect.get(value, 'startupNodes'))
  return isMarked && hasOptions(value) && hasFunctions(value, 'nodes')
}

/** Whether this is a client of ioredis 5 or 6, or of a library that continues it. */
export function isClient(value: object): value is RedisLike {
  const isMarked = Reflect.get(value, 'isCluster') === false && typeof Reflect.get(value, 'status') === 'string'
  return isMarked && hasOptions(value) && hasFunctions(value, 'call', 'connect', 'disconnect', 'duplicate', 'on')
}

/** Names what was given without showing what is in it, which may be a password. */
export function nameKind(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  if ('then' in value) return 'a promise: await it first'
  const name = className(value)
  return otherLibrary(value, name) ?? `an object of class ${name}`
}

function className(value: object): string {
  const constructor: unknown = Reflect.get(value, 'constructor')
  return typeof constructor === 'function' ? constructor.name : 'unknown'
}

const instead = "connections of ours can't be made from it. Give its URL, or a client of ioredis with the same options"

/** Names the library of a client that is not from ioredis; undefined if unknown. */
function otherLibrary(value: object, name: string): string | undefined {
  if ('isOpen' in value && hasFunctions(value, 'sendCommand')) {
    const kind = 'masters' in value ? 'a cluster' : 'totalClients' in value ? 'a pool' : 'a client'
    return `${kind} of node-redis (the package "redis"): ${instead}`
  }
  if (/mock/i.test(name) || ('connected' in value && hasFunctions(value, 'duplicate', 'disconnect'))) {
    return 'what looks like a mock of ioredis, which has no server: in tests, give a `MemoryLog` of "cache-invalidation/testing"'
  }
  // Checked last: mocks have every command, this one too.
  if (hasFunctions(value, 'customCommand')) return `a client of Valkey GLIDE: ${instead}`
  return undefined
}
