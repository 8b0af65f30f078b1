import { channel } from 'node:diagnostics_channel'
import type { Delivery, InvalidationMessage } from '../index.js'
import type { LoadOutcome } from '../telemetry/telemetry.js'
import type { LoadReason, StaleReason } from './counters.js'

/** Message of the diagnostics channel `cache-invalidation:cache:handled`: an invalidation has taken effect. */
export interface CacheHandled {
  readonly cache: object
  readonly message: InvalidationMessage
  readonly delivery: Delivery
}

/** Message of the diagnostics channel `cache-invalidation:cache:load`: the load of a key has ended. */
export interface CacheLoad {
  readonly cache: object
  readonly key: string
  /** Why it was loaded: why memory could not serve it, or `revalidate` for a load in the background. */
  readonly reason: LoadReason
  /**
   * `stored`; `fenced` if an invalidation was newer; `skipped` if the value may not be kept (`ctx.skip()`, no time to live,
   * too large, or invalidations were not heard when the load began); `failed`.
   */
  readonly outcome: LoadOutcome
  readonly durationMs: number
  /** What it failed with; undefined unless it failed. */
  readonly error: unknown
}

/** Message of the diagnostics channel `cache-invalidation:cache:stale`: a value past its time was served. */
export interface CacheStale {
  readonly cache: object
  readonly key: string
  readonly reason: StaleReason
}

const handled = channel('cache-invalidation:cache:handled')
const loaded = channel('cache-invalidation:cache:load')
const stale = channel('cache-invalidation:cache:stale')

/** An invalidation has taken effect: from now on nothing older is served. */
export function reportHandled(cache: object, message: InvalidationMessage, delivery: Delivery): void {
  if (handled.hasSubscribers) handled.publish({ cache, message, delivery } satisfies CacheHandled)
}

/** Whether somebody asks for the loads that end. */
export function areLoadsWatched(): boolean {
  return loaded.hasSubscribers
}

/** The load of a key has ended. */
export function reportLoad(load: CacheLoad): void {
  if (loaded.hasSubscribers) loaded.publish(load)
}

/** A value past its time was served. */
export function reportStale(cache: object, key: string, reason: StaleReason): void {
  if (stale.hasSubscribers) stale.publish({ cache, key, reason } satisfies CacheStale)
}
