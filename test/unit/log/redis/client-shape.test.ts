import { runInNewContext } from 'node:vm'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { describe, expect, it } from 'vitest'
import { isClient, isCluster } from '../../../../src/log/redis/client-shape.js'
import { deleteMatching } from '../../../../src/log/redis/delete-matching.js'
import { RedisLog } from '../../../../src/log/redis/redis-log.js'
import { ConfigurationError } from '../../../../src/support/errors.js'

/** What comes untyped from JavaScript. */
function open(redis: unknown): RedisLog {
  return new RedisLog(redis as string)
}

const run = (): void => {}

/** An object of a class of this name that has these members. */
function instance(className: string, ...members: readonly object[]): object {
  const constructor = Object.defineProperty(function () {}, 'name', { value: className })
  return Object.assign(Object.create({ constructor }) as object, ...members) as object
}

const ofNodeRedis = { isOpen: false, isReady: false, connect: run, on: run, sendCommand: run }
const ofMock = {
  options: {},
  connected: false,
  call: run,
  customCommand: run,
  disconnect: run,
  duplicate: run,
  on: run,
}

/** Each as its library makes it, as far as it can be recognised. */
const others: [expected: string, client: object][] = [
  ['a client of node-redis', instance('Class', ofNodeRedis, { options: {}, duplicate: run })],
  ['a cluster of node-redis', instance('Class', ofNodeRedis, { masters: [], slots: [], duplicate: run })],
  ['a pool of node-redis', instance('Class', ofNodeRedis, { totalClients: 0, execute: run })],
  ['a mock of ioredis', instance('_RedisMock', ofMock)],
  ['a mock of ioredis', instance('', ofMock)],
  ['a client of Valkey GLIDE', instance('GlideClient', { customCommand: run, close: run })],
  ['a client of Valkey GLIDE', instance('GlideClusterClient', { customCommand: run, close: run })],
  ['an object of class Memcached', instance('Memcached', { get: run })],
]

describe('a client of another library', () => {
  it.each(others)('is refused as %s, and the error says what is accepted', (expected, client) => {
    expect(() => open(client)).toThrow(ConfigurationError)
    expect(() => open(client)).toThrow(expected)
    expect(() => open(client)).toThrow('to be a URL, an ioredis client or Cluster, or the options of a client')
  })

  it.each(others.filter(([expected]) => !expected.includes('mock')))(
    'is refused as %s where keys are to be deleted with it',
    async (expected, client) => {
      await expect(deleteMatching(client as Redis, '*')).rejects.toThrow(expected)
    },
  )

  it.each([
    [{ duplicate: run }],
    [{ call: run, on: run, connect: run, disconnect: run, duplicate: run }],
    [{ isCluster: true }],
    [{ isCluster: true, nodes: run }],
  ])('is not any object that has some of the functions, case %#', (bare) => {
    expect(() => open(bare)).toThrow(ConfigurationError)
    expect(() => open(bare)).toThrow('unknown option')
  })
})

describe('a client of ioredis', () => {
  it('is one of either version, and of another copy or realm: by its shape, not by its class', () => {
    for (const client of [new Redis({ lazyConnect: true }), new Redis5({ lazyConnect: true })]) {
      expect([isClient(client), isCluster(client)]).toEqual([true, false])
      const foreign = runInNewContext('Object.assign(Object.create({}), shape)', {
        shape: Object.assign({}, client, { call: run, connect: run, disconnect: run, duplicate: run, on: run }),
      }) as object
      expect([isClient(foreign), isCluster(foreign)]).toEqual([true, false])
    }
    for (const client of [new Cluster([7_000], { lazyConnect: true }), new Cluster5([7_000], { lazyConnect: true })]) {
      expect([isClient(client), isCluster(client)]).toEqual([false, true])
    }
  })
})
