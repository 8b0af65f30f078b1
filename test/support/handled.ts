import type { InvalidationMessage } from '../../src/message/message.js'
import type { Delivery, InvalidationHandler } from '../../src/subscriber/handling/delivery.js'
import { within } from './latch.js'

/** A handler that remembers what it was given, and lets a test wait for more. */
export class Handled {
  readonly messages: InvalidationMessage[] = []
  readonly deliveries: Delivery[] = []
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = []

  readonly handler: InvalidationHandler = (message, delivery) => {
    this.messages.push(message)
    this.deliveries.push(delivery)
    const met = this.#waiting.filter(({ isMet }) => isMet())
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting))
    for (const { resolve } of met) resolve()
  }

  /** What there was to evict, in order: an entity's id, a pattern, or keys. */
  get names(): string[] {
    return this.messages.map(nameOf)
  }

  /**
   * As `names`, but each only at its first place. Delivery is at least once: an append whose acknowledgement was lost,
   * or came too late, is made again.
   */
  get distinctNames(): string[] {
    return [...new Set(this.names)]
  }

  /** Resolves when this many messages have been handled. */
  count(expected: number, timeoutMs = 10_000): Promise<void> {
    return this.#when(() => this.messages.length >= expected, timeoutMs, `${expected} messages handled`)
  }

  /** Resolves when a message with this name has been handled. */
  has(name: string, timeoutMs = 10_000): Promise<void> {
    return this.#when(() => this.messages.some((message) => nameOf(message) === name), timeoutMs, `${name} handled`)
  }

  #when(isMet: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (isMet()) return Promise.resolve()
    const met = new Promise<void>((resolve) => this.#waiting.push({ isMet, resolve }))
    return within(met, timeoutMs, () => `${what} (so far ${this.messages.length})`)
  }
}

/** What a message says to evict: the id of its entity, its pattern, its keys or its tags. */
export function nameOf(message: InvalidationMessage): string {
  switch (message.action) {
    case 'pattern':
      return message.pattern
    case 'batch':
      return message.cacheKeys.join()
    case 'tag':
      return message.tags.join()
    default:
      return message.entityId
  }
}

/** The numbers from `first` to `last`, as ids. */
export function ids(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
}
