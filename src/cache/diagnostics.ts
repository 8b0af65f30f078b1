import { channel } from 'node:diagnostics_channel'
import type { Delivery, InvalidationMessage } from '../index.js'

/** Message of the diagnostics channel `cache-invalidation:cache:handled`. */
export interface CacheHandled {
  readonly cache: object
  readonly message: InvalidationMessage
  readonly delivery: Delivery
}

const handled = channel('cache-invalidation:cache:handled')

/** An invalidation has taken effect: from now on nothing older is served. */
export function reportHandled(cache: object, message: InvalidationMessage, delivery: Delivery): void {
  if (handled.hasSubscribers) handled.publish({ cache, message, delivery } satisfies CacheHandled)
}
