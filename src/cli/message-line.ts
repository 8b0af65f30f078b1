import { buildCacheKey } from '../message/cache-key.js'
import type { Invalidation } from '../message/message.js'
import { printable } from './format.js'

const keysShown = 5

/** What an invalidation evicts, safe to print: a cache key, a pattern, or the first keys of a batch. */
export function describeInvalidation(invalidation: Invalidation): string {
  switch (invalidation.action) {
    case 'delete':
    case 'update':
      return printable(buildCacheKey(invalidation.entityType, invalidation.entityId))
    case 'pattern':
      return printable(invalidation.pattern)
    case 'batch':
      return describeKeys(invalidation.cacheKeys)
  }
}

function describeKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, keysShown).map(printable).join(' ')
  return keys.length > keysShown ? `${shown} and ${keys.length - keysShown} more` : shown
}
