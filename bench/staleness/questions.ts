import type { CachedRecord, OpenCache } from '../peers/cache-library.js'

/** By what an entry is invalidated. */
export type By = keyof OpenCache

/** What a process with a cache is asked. It asks back with a {@link LoadQuestion}. */
export type CacheQuestion =
  /** Answered when its cache is open. */
  | { readonly action: 'open' }
  /** Answered with a record. */
  | { readonly action: 'get'; readonly by: By; readonly id: string }
  | { readonly action: 'invalidate'; readonly by: By; readonly id: string }

/** Asks for a record of the database. */
export interface LoadQuestion {
  readonly load: string
}

export function isCacheQuestion(value: unknown): value is CacheQuestion {
  if (typeof value !== 'object' || value === null || !('action' in value)) return false
  if (value.action === 'open') return true
  if (value.action !== 'get' && value.action !== 'invalidate') return false
  if (!('by' in value) || !('id' in value) || typeof value.id !== 'string') return false
  return value.by === 'key' || value.by === 'tag'
}

export function isLoadQuestion(value: unknown): value is LoadQuestion {
  return typeof value === 'object' && value !== null && 'load' in value && typeof value.load === 'string'
}

export function isCachedRecord(value: unknown): value is CachedRecord {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('version' in value)) return false
  return typeof value.id === 'string' && typeof value.version === 'number'
}
