import type { Position } from '../../log/model/position.js'

/** How far a subscription's handler has come. */
export interface HandledState {
  /** Everything accepted up to this place has been handled. */
  readonly sequence: number
  /** The newest resync handled read its head after every waiter up to this number was born. */
  readonly resyncMark: number
  /** Send time of the newest read of `last` that the handled part has reached. */
  readonly verifiedAt: number | undefined
}

/** A step of the handled watermark. Its values only grow, so the newest of several steps covers all. */
interface Milestone {
  readonly position: Position | undefined
  readonly sequence: number
  readonly resyncMark: number
  /** How often the history had forked, after which stream IDs may step back. */
  readonly forks: number
}

/** Says that what was accepted has been handled; may be called again. */
export type Finish = () => void

/** Events of a progress. */
export interface ProgressListener {
  /** The handled part has grown; `newHistory` says that the position may be before the last one. */
  onHandled(position: Position | undefined, newHistory: boolean): void
  /** A read of the head was found to be handled when it came, or an earlier one is now. */
  onVerified(): void
}

/** Head reads that are waited for; older ones are superseded. */
const maxUnreached = 8

/** How far the handler of a subscription has come, and when it last had handled everything that was appended. */
export class Progress {
  readonly #listener: ProgressListener
  readonly #watermark: Watermark<Milestone>
  #resyncMark = 0
  #handled: Milestone = { position: undefined, sequence: 0, resyncMark: 0, forks: 0 }
  /** Heads that were read and not yet accepted, by append id, with the time the read was sent. */
  readonly #unreached = new Map<string, number>()
  /** Heads that were read and accepted, and are not yet handled; in order of acceptance. */
  #unverified: { readonly sequence: number; readonly sentAt: number }[] = []
  #verifiedAt: number | undefined

  constructor(listener: ProgressListener) {
    this.#listener = listener
    this.#watermark = new Watermark((milestone) => {
      const newHistory = milestone.forks !== this.#handled.forks
      this.#handled = milestone
      this.#verify()
      listener.onHandled(milestone.position, newHistory)
    })
  }

  /** The newest entry up to which everything has been handled. */
  get position(): Position | undefined {
    return this.#handled.position
  }

  /** The oldest entry that was accepted and has not been handled. */
  get oldestUnhandled(): Position | undefined {
    return this.#watermark.oldest?.position
  }

  get handled(): HandledState {
    return { sequence: this.#handled.sequence, resyncMark: this.#handled.resyncMark, verifiedAt: this.#verifiedAt }
  }

  /** An entry was accepted, after so many forks. */
  accepted(position: Position, sequence: number, forks: number): Finish {
    const readAt = this.#unreached.get(position.appendId)
    if (readAt !== undefined) {
      this.#unreached.delete(position.appendId)
      this.#unverified.push({ sequence, sentAt: readAt })
    }
    return this.#watermark.add({ position, sequence, resyncMark: this.#resyncMark, forks })
  }

  /** The history forked: heads of the old one are not waited for. */
  forked(): void {
    this.#unreached.clear()
  }

  /** A resync covers all waiters born up to `mark`. */
  resynced(position: Position | undefined, sequence: number, forks: number, mark: number): Finish {
    this.#resyncMark = mark
    this.#unreached.clear()
    return this.#watermark.add({ position, sequence, resyncMark: mark, forks })
  }

  /**
   * A read of `last`, sent at `sentAt` (monotonic), said that the log ends with this entry, or has none. `sequence` is
   * undefined if that entry was not accepted.
   */
  headRead(appendId: string | undefined, sequence: number | undefined, sentAt: number): void {
    if (sequence !== undefined) {
      this.#unverified.push({ sequence, sentAt })
      this.#verify()
      return
    }
    if (appendId === undefined) return
    this.#unreached.set(appendId, sentAt)
    if (this.#unreached.size > maxUnreached) {
      const oldest = this.#unreached.keys().next()
      if (!oldest.done) this.#unreached.delete(oldest.value)
    }
  }

  /** Whether a head that was read has been accepted since. */
  hasReached(appendId: string): boolean {
    return !this.#unreached.has(appendId)
  }

  #verify(): void {
    if (this.#unverified.length === 0) return
    this.#unverified = this.#unverified.filter((read) => {
      if (read.sequence > this.#handled.sequence) return true
      this.#verified(read.sentAt)
      return false
    })
  }

  #verified(sentAt: number): void {
    this.#verifiedAt = Math.max(this.#verifiedAt ?? sentAt, sentAt)
    this.#listener.onVerified()
  }
}

interface Slot<T> {
  readonly value: T
  finished: boolean
  next: Slot<T> | undefined
}

/**
 * The highest contiguous finished: values are added in order, finish in any order, and advance in the order they were
 * added. `onAdvance` is called with every value, once, when it and all before it are finished.
 *
 * Only values that are not finished, and those waiting behind one, are kept. Adding and finishing take O(1), amortised.
 */
export class Watermark<T> {
  readonly #onAdvance: (value: T) => void
  #head: Slot<T> | undefined
  #tail: Slot<T> | undefined

  constructor(onAdvance: (value: T) => void) {
    this.#onAdvance = onAdvance
  }

  /** The oldest value that is not finished; undefined where all are. */
  get oldest(): T | undefined {
    return this.#head?.value
  }

  /** Adds a value behind all others; the function returned marks it finished, and may be called again. */
  add(value: T): () => void {
    const slot: Slot<T> = { value, finished: false, next: undefined }
    if (this.#tail) this.#tail.next = slot
    else this.#head = slot
    this.#tail = slot
    return () => {
      slot.finished = true
      this.#advance()
    }
  }

  #advance(): void {
    // The head moves before the call, so that `onAdvance` may add, finish or throw.
    for (let slot = this.#head; slot?.finished; slot = this.#head) {
      this.#head = slot.next
      if (!slot.next) this.#tail = undefined
      // Cut loose: who still holds the slot's function must not hold all that came after.
      slot.next = undefined
      this.#onAdvance(slot.value)
    }
  }
}
