import type { PreparedMessage } from '../message/codec.js'
import type { Receipt } from './receipt.js'
import { Waiters } from './waiters.js'
import type { Waiter } from './waiters.js'

/** A message to be appended, with the callers who wait for it: they settle together. */
export class QueuedMessage {
  readonly prepared: PreparedMessage
  /** Its place in the order of acceptance; where it stands for several, that of the first. */
  readonly sequence: number
  #count: number
  #first: Waiter | undefined
  /** Made only when it is needed: most messages have one caller. */
  #others: Waiters | undefined

  constructor(prepared: PreparedMessage, sequence: number, waiter?: Waiter) {
    this.prepared = prepared
    this.sequence = sequence
    this.#first = waiter
    this.#count = waiter ? 1 : 0
  }

  /** How many accepted invalidations it stands for. */
  get count(): number {
    return this.#count
  }

  /** From now on it stands for one more accepted invalidation. */
  join(waiter: Waiter): void {
    this.#count++
    this.#others ??= new Waiters()
    this.#others.add(waiter)
  }

  /** From now on it also stands for all that another message stood for. */
  absorb(other: QueuedMessage): void {
    this.#count += other.#count
    this.#others ??= new Waiters()
    if (other.#first?.waiting) this.#others.add(other.#first)
    if (other.#others) this.#others.addAll(other.#others)
  }

  resolve(receipt: Receipt): void {
    this.#first?.resolve(receipt)
    for (let waiter = this.#others?.oldest; waiter; waiter = this.#others?.oldest) waiter.resolve(receipt)
  }

  reject(error: Error): void {
    this.#first?.reject(error)
    for (let waiter = this.#others?.oldest; waiter; waiter = this.#others?.oldest) waiter.reject(error)
  }
}
