import type { Runtime, Timer } from './runtime.js'
import { type Waiting, WaitingQueue } from './waiting-queue.js'

/** Something that waits until it is over, at the latest until its deadline. */
export interface Limited extends Waiting {
  /** On the monotonic clock. */
  readonly deadline: number
}

export interface DeadlinesContext<Item extends Limited> {
  readonly runtime: Runtime
  /** How late an item may expire, in ms: those whose deadlines are this close expire together. Default 0. */
  readonly slackMs?: number
  /** Called with each item whose deadline has passed, oldest first. From then on it must not wait any more. */
  readonly onExpired: (item: Item) => void
}

/** Set while the timer has fired and is not set again. */
const looking = -Infinity
const unset = Infinity

/**
 * Expires what waits too long. Items are added in order of their deadlines, so one timer, set for the oldest item that
 * still waits, serves all; to end an item costs nothing here.
 *
 * After a long block of the event loop timers run before what has long arrived is read. So before anything expires the
 * loop turns once: what ends an item may be among that.
 */
export class Deadlines<Item extends Limited> {
  readonly #items = new WaitingQueue<Item>()
  readonly #runtime: Runtime
  readonly #slackMs: number
  readonly #onExpired: (item: Item) => void
  /** Left running when items end, so that short ones cost no timer each; it finds out for itself who is due. */
  #timer: Timer | undefined
  /** When the timer fires. */
  #dueAt = unset

  constructor({ runtime, slackMs = 0, onExpired }: DeadlinesContext<Item>) {
    this.#runtime = runtime
    this.#slackMs = slackMs
    this.#onExpired = onExpired
  }

  /** Its deadline must not be before that of an item which still waits. */
  add(item: Item): void {
    this.#items.add(item)
    // Of items that are over, one with a later deadline may have set the timer.
    if (item.deadline < this.#dueAt) this.#lookAt(item.deadline, this.#runtime.monotonic())
  }

  /** The item that has waited longest and still does. */
  get oldest(): Item | undefined {
    return this.#items.oldest
  }

  /** Takes out all items that still wait, in order: they do not expire. Cancels the timer. */
  clear(): readonly Item[] {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAt = unset
    return this.#items.clear()
  }

  #lookAt(moment: number, now: number): void {
    this.#timer?.cancel()
    this.#dueAt = moment
    this.#timer = this.#runtime.after(moment - now, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#dueAt = looking
    if (this.#overdue(this.#runtime.monotonic())) await this.#runtime.yield()
    // Whatever calls clear() takes over: items that were added since have set a timer.
    if (this.#dueAt !== looking) return
    const now = this.#runtime.monotonic()
    for (let item = this.#overdue(now); item; item = this.#overdue(now)) this.#onExpired(item)
    if (this.#dueAt !== looking) return
    this.#timer = undefined
    this.#dueAt = unset
    const next = this.#items.oldest
    if (next) this.#lookAt(Math.max(next.deadline, now + this.#slackMs), now)
  }

  #overdue(now: number): Item | undefined {
    const { oldest } = this.#items
    return oldest !== undefined && oldest.deadline <= now ? oldest : undefined
  }
}
