import type { Position } from '../../log/model/position.js'
import { AcceptedEntries } from './accepted.js'
import type { HandledState } from './waiters.js'
import { Watermark } from './watermark.js'

/** A step of the handled watermark. Its values only grow, so the newest of several steps stands for all. */
interface Milestone {
  readonly position: Position | undefined
  readonly sequence: number
  readonly resyncMark: number
  /** Counts the histories followed: it grows with each fork and resync, after which stream IDs may step back. */
  readonly history: number
}

/** What a progress tells. */
export interface ProgressListener {
  /** The handled part has grown; `newHistory` says that the position may stand before the last one. */
  onHandled(position: Position | undefined, newHistory: boolean): void
  /** A read of the head was found to be handled when it came, or an earlier one is now. */
  onVerified(): void
}

/** Head reads that are waited for; older ones are superseded. */
const maxUnreached = 8

/**
 * How far a subscription has come: what it has accepted from the log, what its handler has finished, and when it last
 * knew that it had everything.
 */
export class Progress {
  readonly accepted = new AcceptedEntries()
  readonly #listener: ProgressListener
  readonly #watermark: Watermark<Milestone>
  #position: Position | undefined
  #ordinal: number | undefined
  /** The place since which there is no entry to stand on; undefined where there is one, and before it has begun. */
  #nowhere: number | undefined
  /** What was read as the head then; undefined where there was none. While it stays, nothing has been appended. */
  #nowhereHead: string | undefined
  #history = 0
  #resyncMark = 0
  #handled: Milestone = { position: undefined, sequence: 0, resyncMark: 0, history: 0 }
  /** Heads that were read and not yet accepted, by append id, with the time the read was sent. */
  readonly #unreached = new Map<string, number>()
  /** Heads that were read and accepted, and are not yet handled; in order of acceptance. */
  #unverified: { readonly sequence: number; readonly sentAt: number }[] = []
  #verifiedAt: number | undefined

  constructor(listener: ProgressListener) {
    this.#listener = listener
    this.#watermark = new Watermark((milestone) => {
      const newHistory = milestone.history !== this.#handled.history
      this.#handled = milestone
      this.#verify()
      listener.onHandled(milestone.position, newHistory)
    })
  }

  /** The newest entry accepted. */
  get position(): Position | undefined {
    return this.#position
  }

  /** How many entries had been appended up to the position, where known. */
  get ordinal(): number | undefined {
    return this.#ordinal
  }

  /** The newest entry up to which everything has been handled. */
  get handledPosition(): Position | undefined {
    return this.#handled.position
  }

  /** The oldest entry that was accepted and has not been handled. */
  get oldestUnhandled(): Position | undefined {
    return this.#watermark.oldest?.position
  }

  get handled(): HandledState {
    return { sequence: this.#handled.sequence, resyncMark: this.#handled.resyncMark, verifiedAt: this.#verifiedAt }
  }

  /** Begins at a position behind which there is nothing to handle: the head at a first start, or a saved cursor. */
  begin(position: Position, ordinal?: number): void {
    this.#ordinal = ordinal === undefined ? undefined : ordinal - 1
    this.accept(position)()
  }

  /** Begins where there is no entry to stand on, and nothing to handle. */
  beginNowhere(): void {
    this.#nowhere = this.accepted.sequence
    this.#nowhereHead = undefined
  }

  /** Moves on to the next entry of the history; the function returned says that it has been handled. */
  accept(position: Position): () => void {
    this.#position = position
    this.#nowhere = undefined
    if (this.#ordinal !== undefined) this.#ordinal += 1
    const sequence = this.accepted.add(position)
    const readAt = this.#unreached.get(position.appendId)
    if (readAt !== undefined) {
      this.#unreached.delete(position.appendId)
      this.#unverified.push({ sequence, sentAt: readAt })
    }
    return this.#watermark.add({ position, sequence, resyncMark: this.#resyncMark, history: this.#history })
  }

  /** The history forked: goes on from an older entry of ours. */
  goBack(position: Position): void {
    this.#history += 1
    this.#ordinal = undefined
    this.#position = position
    this.#unreached.clear()
  }

  /**
   * Continuity was given up: goes on from the head, or from nowhere where none could be stood on.
   *
   * @param mark waiters born up to it were born before the head was read
   * @param nowhereHead what `last` named where no entry could be stood on
   */
  resync(head: Position | undefined, ordinal: number | undefined, mark: number, nowhereHead?: string): () => void {
    this.#history += 1
    this.#resyncMark = mark
    this.#unreached.clear()
    this.#ordinal = ordinal === undefined ? undefined : ordinal - 1
    if (head !== undefined) return this.accept(head)
    this.#position = undefined
    const sequence = this.accepted.skip()
    this.#nowhere = sequence
    this.#nowhereHead = nowhereHead
    return this.#watermark.add({
      position: undefined,
      sequence,
      resyncMark: mark,
      history: this.#history,
    })
  }

  /** A read of `last`, sent at `sentAt` (monotonic), said that the log ends with this entry, or has none. */
  headRead(appendId: string | undefined, sentAt: number): void {
    const sequence = this.#placeOf(appendId)
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

  /** Whether the handled part has reached this entry, as far as it is remembered; no entry is reached where we stand nowhere. */
  isHandled(appendId: string | undefined, { sequence }: HandledState): boolean {
    const place = this.#placeOf(appendId)
    return place !== undefined && place <= sequence
  }

  /** Whether a head that was read has been accepted since. */
  hasReached(appendId: string): boolean {
    return !this.#unreached.has(appendId)
  }

  /** Whether the log still ends where nothing could be stood on, so that nothing was missed since. */
  isNowhere(head: string | undefined): boolean {
    return this.#nowhere !== undefined && (head === undefined || head === this.#nowhereHead)
  }

  #placeOf(head: string | undefined): number | undefined {
    if (this.isNowhere(head)) return this.#nowhere
    return head === undefined ? undefined : this.accepted.sequenceOf(head)
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
