/** Evicts from one cache. Keys and patterns are those of messages; what an evictor adds to them is its own matter. */
export interface Evictor {
  /** Whether its values are out of this process, so that a cache in memory may be filled from them. */
  readonly isRemote: boolean
  evictKeys(keys: readonly string[], signal: AbortSignal): void | Promise<void>
  evictMatching(pattern: string, signal: AbortSignal): void | Promise<void>
  /** Evicts the entries that carry one of the tags. Nothing is known of tags without the option `tagsOf`. */
  evictTagged(tags: readonly string[], signal: AbortSignal): void | Promise<void>
}

/** What the option `tagsOf` is. */
export type TagsOf = (value: unknown, key: string) => readonly string[]

/** Options of a target, checked. */
export interface TargetSettings {
  readonly prefix: string
  readonly allowEmptyPrefix: boolean
  readonly batchSize: number
  readonly tagsOf: TagsOf | undefined
}
