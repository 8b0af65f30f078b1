import { parsePosition } from '../../src/log/model/position.js'
import type { InvalidationMessage } from '../../src/message/message.js'
import { compareStreamIds } from '../../src/message/stream-id.js'
import type { Delivery } from '../../src/subscriber/handling/delivery.js'
import { nameOf } from './handled.js'

/**
 * Checks that ids published from 1 on, by one publisher, are handled one after another, where a resync stands for all
 * up to the head that it went on from.
 */
export class ResyncedSequence {
  /** The highest id that was handled, or that the next one shows to be covered. */
  reached = 0
  misplaced = 0
  endsWithResync = false
  /** Stream ID of the head that the last resync went on from. */
  #head = '0-0'

  add(message: InvalidationMessage, delivery: Delivery): void {
    if (delivery.mode === 'resync') {
      this.endsWithResync = true
      this.#head = headOf(message)
      return
    }
    // The live channel may come behind the log: what the resync covers is then handled once more.
    const isCovered = compareStreamIds(parsePosition(delivery.position ?? '').streamId, this.#head) <= 0
    if (isCovered) return
    const id = Number(nameOf(message))
    if (this.endsWithResync ? id <= this.reached : id !== this.reached + 1) this.misplaced++
    this.reached = id
    this.endsWithResync = false
  }
}

function headOf({ metadata }: InvalidationMessage): string {
  const { resync } = metadata as { readonly resync: { readonly to: string } }
  return parsePosition(resync.to).streamId
}
