import { Fifo } from './fifo.js'

/** Something that waits until it is over. What is over never waits again. */
export interface Waiting {
  readonly waiting: boolean
}

const fewItems = 16

/**
 * Items in order of arrival. They may be over in any order; those are swept out as others come, so that never more than
 * about twice as many are held as still wait.
 *
 * An array, and no Set that each item leaves by itself: a Set whose oldest key goes with each new one makes V8's minor
 * collections slow.
 */
export class WaitingQueue<Item extends Waiting> {
  readonly #items = new Fifo<Item>()
  #sweepAt = fewItems

  add(item: Item): void {
    if (this.#items.length >= this.#sweepAt) {
      this.#items.retain((other) => other.waiting)
      this.#sweepAt = Math.max(fewItems, this.#items.length * 2)
    }
    this.#items.push(item)
  }

  /** The item that has waited longest and still does. */
  get oldest(): Item | undefined {
    while (this.#items.first?.waiting === false) this.#items.shift()
    return this.#items.first
  }

  /** Takes out all items that still wait, in order. */
  clear(): Item[] {
    const waiting = [...this]
    this.#items.clear()
    this.#sweepAt = fewItems
    return waiting
  }

  /** The items that still wait, in order. */
  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#items) if (item.waiting) yield item
  }
}
