import type { Command } from 'commander'
import { buildCacheKey } from '../message/cache-key.js'
import { builtInMeantBy } from '../message/entity.js'
import { keyOfTag } from '../message/cache-tags.js'
import { matchesPattern } from '../message/glob.js'
import type { InvalidationMessage } from '../message/message.js'
import { UsageError } from './exit-codes.js'

/** The options that say which messages are meant; all that are given must hold. */
export interface FilterFlags {
  readonly type?: string
  readonly service?: string
  readonly key?: string
}

export type MessageFilter = (message: InvalidationMessage) => boolean

export function addFilterOptions(command: Command): Command {
  return command
    .option('--type <type>', 'only what may concern entities of this type, such as user')
    .option('--service <name>', 'only what this service published')
    .option(
      '--key <glob>',
      "only what may concern cache keys that match, such as 'user:12*', or 'cache-tag:*' for tags",
    )
}

/** Cache keys that are meant. */
interface Target {
  has(cacheKey: string): boolean
  /** Whether a pattern could match one of them. */
  meets(pattern: string): boolean
}

export function messageFilter({ type, service, key }: FilterFlags): MessageFilter {
  const targets = [...(type === undefined ? [] : [keysOfType(type)]), ...(key === undefined ? [] : [keysOfGlob(key)])]
  return (message) =>
    (service === undefined || message.sourceService === service) && targets.every((target) => concerns(message, target))
}

function keysOfType(type: string): Target {
  const meant = builtInMeantBy(type)
  if (meant !== undefined) throw new UsageError(`Expected '${meant}', got '${type}': built-in types are in lower case`)
  const prefix = buildCacheKey(type, '')
  return { has: (cacheKey) => cacheKey.startsWith(prefix), meets: (pattern) => mayOverlap(pattern, prefix) }
}

function keysOfGlob(glob: string): Target {
  const prefix = literalPrefix(glob)
  return {
    has: (cacheKey) => matchesPattern(glob, cacheKey),
    // Without wildcards one key is meant, and of one key it is known.
    meets: (pattern) => (prefix === glob ? matchesPattern(pattern, glob) : mayOverlap(pattern, prefix)),
  }
}

function concerns(message: InvalidationMessage, target: Target): boolean {
  switch (message.action) {
    case 'delete':
    case 'update':
      return target.has(buildCacheKey(message.entityType, message.entityId))
    case 'batch':
      return message.cacheKeys.some((cacheKey) => target.has(cacheKey))
    case 'tag':
      return message.tags.some((tag) => target.has(keyOfTag(tag)))
    case 'pattern':
      return target.meets(message.pattern)
  }
}

/** Whether a pattern could match a key that begins so: its own literal beginning must not rule it out. */
function mayOverlap(pattern: string, prefix: string): boolean {
  const literal = literalPrefix(pattern)
  return literal.startsWith(prefix) || prefix.startsWith(literal)
}

function literalPrefix(glob: string): string {
  return /^[^*?[\\]*/.exec(glob)?.[0] ?? ''
}
