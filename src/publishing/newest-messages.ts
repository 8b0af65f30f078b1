import type { PreparedMessage } from '../message/codec.js'
import type { QueuedMessage } from './queued-message.js'

/**
 * The newest message of each coalesce key. None is ever taken out: maps made anew now and then cost half of deleting each
 * key. The tables that a churning map leaves behind refer to each other, and as soon as one is old, all that went through
 * the map survives the minor collections.
 */
export class NewestMessages {
  readonly #groups = new Map<string, Map<string, QueuedMessage>>()
  #added = 0

  /** How many were added, those included that newer ones replaced. */
  get added(): number {
    return this.#added
  }

  find({ coalesceGroup, coalesceKey }: PreparedMessage): QueuedMessage | undefined {
    return this.#groups.get(coalesceGroup)?.get(coalesceKey)
  }

  add(message: QueuedMessage): void {
    const { coalesceGroup, coalesceKey } = message.prepared
    const group = this.#groups.get(coalesceGroup) ?? new Map<string, QueuedMessage>()
    if (group.size === 0) this.#groups.set(coalesceGroup, group)
    group.set(coalesceKey, message)
    this.#added++
  }
}
