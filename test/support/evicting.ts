import { batchMessage, deleteMessage, patternMessage, tagMessage } from '../../src/message/create-message.js'
import type { Delivery, InvalidationHandler } from '../../src/subscriber/handling/delivery.js'

/** Calls a handler as a subscription does. */
export interface Evicting {
  key(cacheKey: string): Promise<void>
  keys(...cacheKeys: readonly string[]): Promise<void>
  matching(pattern: string): Promise<void>
  tag(...tags: readonly string[]): Promise<void>
}

/** @param signal aborts the try */
export function evicting(handler: InvalidationHandler, signal = new AbortController().signal): Evicting {
  const delivery: Delivery = { mode: 'live', attempt: 1, signal }
  return {
    async key(cacheKey) {
      const [type = '', ...id] = cacheKey.split(':')
      await handler(deleteMessage(type, id.join(':'), 'test'), delivery)
    },
    async keys(...cacheKeys) {
      await handler(batchMessage(cacheKeys, 'test'), delivery)
    },
    async matching(pattern) {
      await handler(patternMessage(pattern, 'test'), delivery)
    },
    async tag(...tags) {
      await handler(tagMessage(tags, 'test'), delivery)
    },
  }
}
