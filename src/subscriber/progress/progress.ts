import type { Position } from '../../log/model/position.js'
import type { Proof } from './look.js'
import { Trust } from './trust.js'

/** What others may ask of a progress. */
export type HandledPart = Pick<
  Progress,
  'position' | 'handled' | 'oldestUnhandled' | 'newestHandled' | 'isUnhandled'
> & {
  readonly trust: Pick<Trust, 'id' | 'isDoubtful' | 'covers' | 'isSkipped'>
}

/** How far a subscription's handler has come. */
export interface HandledState {
  /** Everything accepted up to this place has been handled. */
  readonly sequence: number
  /** The newest resync handled read its head after every waiter up to this number was born. */
  readonly resyncMark: number
  /** The newest proof whose head the handled part has reached; undefined before the first. */
  readonly proof: Proof | undefined
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
  /** An entry has been handled before an earlier one. */
  onHandledAhead(position: Position): void
  /** The handled part has grown; `newHistory` says that the position may be before the last one. */
  onHandled(position: Position | undefined, newHistory: boolean): void
  /** A head with a proof has been handled: already when it was read, or just now. */
  onVerified(): void
}

/** How many sequences that were handled ahead are remembered: later lookups only concern the last entries. */
const rememberedAhead = 1_024

/** Head reads that are waited for; older ones are superseded. */
const maxUnreached = 8

/** How far the handler of a subscription has come, and when it last had handled everything that was appended. */
export class Progress {
  readonly trust = new Trust()
  readonly #listener: ProgressListener
  readonly #watermark: Watermark<Milestone>
  #resyncMark = 0
  #handled: Milestone = { position: undefined, sequence: 0, resyncMark: 0, forks: 0 }
  /** Heads that were read and not yet accepted, by append id. */
  readonly #unreached = new Map<string, Proof | undefined>()
  /** Heads with a proof that were accepted, and are not yet handled. */
  #unverified: { readonly sequence: number; readonly proof: Proof }[] = []
  #proof: Proof | undefined
  /** Sequences that were handled ahead of the watermark, each at its own modulo the length. */
  readonly #ahead = new Float64Array(rememberedAhead)
  #newestAhead: Milestone | undefined

  constructor(listener: ProgressListener) {
    this.#listener = listener
    const onAdvance = (milestone: Milestone): void => {
      const newHistory = milestone.forks !== this.#handled.forks
      this.#handled = milestone
      this.#verify()
      if (this.trust.coming) this.trust.handled(milestone.sequence)
      listener.onHandled(milestone.position, newHistory)
    }
    this.#watermark = new Watermark(onAdvance, (milestone) => this.#handledAhead(milestone))
  }

  /** The newest entry up to which everything has been handled. */
  get position(): Position | undefined {
    return this.#handled.position
  }

  /** The oldest entry that was accepted and has not been handled. */
  get oldestUnhandled(): Position | undefined {
    return this.#watermark.oldest?.position
  }

  /**
   * The newest entry of the handled part's history that has been handled. All entries before it have been handled too,
   * except for those that {@link isUnhandled} reports.
   */
  get newestHandled(): Position | undefined {
    const { forks, sequence, position } = this.#handled
    const ahead = this.#newestAhead
    return ahead?.forks === forks && ahead.sequence > sequence ? ahead.position : position
  }

  /** Whether the entry with this sequence has been handled, regardless of earlier ones. */
  hasHandled(sequence: number): boolean {
    return sequence <= this.#handled.sequence || this.#ahead[sequence % rememberedAhead] === sequence
  }

  /** Whether an entry was accepted and has not been handled. */
  isUnhandled(appendId: string): boolean {
    return this.#watermark.someUnfinished(({ position }) => position?.appendId === appendId)
  }

  get handled(): HandledState {
    return { sequence: this.#handled.sequence, resyncMark: this.#handled.resyncMark, proof: this.#proof }
  }

  /** An entry was accepted, after so many forks. */
  accepted(position: Position, sequence: number, forks: number): Finish {
    const proof = this.#unreached.get(position.appendId)
    this.#unreached.delete(position.appendId)
    if (proof !== undefined) this.#unverified.push({ sequence, proof })
    return this.#watermark.add({ position, sequence, resyncMark: this.#resyncMark, forks })
  }

  /** The history forked: heads of the old one are not waited for. */
  forked(): void {
    this.#unreached.clear()
  }

  /** A resync covers all waiters born up to `mark`. */
  resynced(position: Position | undefined, sequence: number, forks: number, mark: number): Finish {
    this.#resyncMark = Math.max(this.#resyncMark, mark)
    this.#unreached.clear()
    return this.#watermark.add({ position, sequence, resyncMark: this.#resyncMark, forks })
  }

  /**
   * A look at the server found that the log ends with this entry, or is empty. `sequence` is undefined if that entry
   * was not accepted.
   */
  headRead(appendId: string | undefined, sequence: number | undefined, proof: Proof | undefined): void {
    if (sequence !== undefined) {
      if (proof === undefined) return
      // A later proof of the same entry replaces the earlier one: looks on demand must not pile up.
      if (this.#unverified.at(-1)?.sequence === sequence) this.#unverified.pop()
      this.#unverified.push({ sequence, proof })
      this.#verify()
      return
    }
    if (appendId === undefined) return
    this.#unreached.set(appendId, proof ?? this.#unreached.get(appendId))
    if (this.#unreached.size > maxUnreached) {
      const oldest = this.#unreached.keys().next()
      if (!oldest.done) this.#unreached.delete(oldest.value)
    }
  }

  /** Whether a head that was read has been accepted since. */
  hasReached(appendId: string): boolean {
    return !this.#unreached.has(appendId)
  }

  #handledAhead(milestone: Milestone): void {
    const { sequence, position } = milestone
    this.#ahead[sequence % rememberedAhead] = sequence
    if (sequence > (this.#newestAhead?.sequence ?? 0)) this.#newestAhead = milestone
    if (position) this.#listener.onHandledAhead(position)
  }

  #verify(): void {
    if (this.#unverified.length === 0) return
    this.#unverified = this.#unverified.filter((read) => {
      if (read.sequence > this.#handled.sequence) return true
      this.#verified(read.proof)
      return false
    })
  }

  /** On a replica, a later look may prove an earlier moment, because its link had stalled. */
  #verified(proof: Proof): void {
    const { look = 0, completeAt = proof.completeAt } = this.#proof ?? {}
    if (proof.look > look) {
      this.#proof = { ...proof, completeAt: Math.max(completeAt, proof.completeAt) }
      this.trust.verified(proof.id)
    }
    this.#listener.onVerified()
  }
}

interface Slot<T> {
  readonly value: T
  finished: boolean
  previous: Slot<T> | undefined
  next: Slot<T> | undefined
}

/**
 * The highest contiguous finished: values are added in order, finish in any order, and advance in the order they were
 * added. Each value covers those before it: if several in a row finish while an earlier one has not, only the last of
 * the row is kept, and `onAdvance` is called with it. `onAhead` is called with a value that finishes before an earlier
 * one.
 *
 * So at most two are kept for each that is not finished. Adding and finishing take O(1), amortised.
 */
export class Watermark<T> {
  readonly #onAdvance: (value: T) => void
  readonly #onAhead: ((value: T) => void) | undefined
  #head: Slot<T> | undefined
  #tail: Slot<T> | undefined

  constructor(onAdvance: (value: T) => void, onAhead?: (value: T) => void) {
    this.#onAdvance = onAdvance
    this.#onAhead = onAhead
  }

  /** The oldest value that is not finished; undefined where all are. */
  get oldest(): T | undefined {
    return this.#head?.value
  }

  /** Whether some unfinished value passes the test; takes O(n). */
  someUnfinished(passes: (value: T) => boolean): boolean {
    for (let slot = this.#head; slot; slot = slot.next) if (!slot.finished && passes(slot.value)) return true
    return false
  }

  /** Adds a value behind all others; the function returned marks it finished, and may be called again. */
  add(value: T): () => void {
    const slot: Slot<T> = { value, finished: false, previous: this.#tail, next: undefined }
    if (this.#tail) this.#tail.next = slot
    else this.#head = slot
    this.#tail = slot
    return () => {
      if (slot.finished) return
      slot.finished = true
      if (this.#head?.finished) this.#advance()
      else this.#finishedAhead(slot)
    }
  }

  #finishedAhead(slot: Slot<T>): void {
    const { previous, next } = slot
    if (previous?.finished) this.#remove(previous)
    if (next?.finished) this.#remove(slot)
    this.#onAhead?.(slot.value)
  }

  /** Removes a value that the next one covers. */
  #remove(slot: Slot<T>): void {
    const { previous, next } = slot
    if (previous) previous.next = next
    if (next) next.previous = previous
    slot.previous = undefined
    slot.next = undefined
  }

  #advance(): void {
    // The head moves before the call, so that `onAdvance` may add, finish or throw.
    for (let slot = this.#head; slot?.finished; slot = this.#head) {
      this.#head = slot.next
      if (slot.next) slot.next.previous = undefined
      else this.#tail = undefined
      // Cut loose: who still holds the slot's function must not hold all that came after.
      slot.next = undefined
      this.#onAdvance(slot.value)
    }
  }
}
