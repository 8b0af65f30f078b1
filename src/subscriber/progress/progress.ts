import type { Position } from '../../log/model/position.js'
import { AcceptedEntries } from './accepted.js'
import type { HandledState } from './waiters.js'
import { Watermark } from './watermark.js'

/** A step of the handled watermark. Its values only grow, so the newest of several steps covers all. */
interface Milestone {
  readonly position: Position | undefined
  readonly sequence: number
  readonly resyncMark: number
  /** Counts the histories followed: it grows with each fork and resync, after which stream IDs may step back. */
  readonly history: number
}

/** Events of a progress. */
export interface ProgressListener {
  /** The handled part has grown; `newHistory` says that the position may be before the last one. */
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
  /** Sequence at which the anchor entry was lost; undefined while anchored, and before the beginning. */
  #unanchoredAt: number | undefined
  /** The head read at that moment; undefined if the log had none. While it stays the same, nothing was appended. */
  #unanchoredHead: string | undefined
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

  /** Begins without an anchor entry, and with nothing to handle. */
  beginUnanchored(): void {
    this.#unanchoredAt = this.accepted.sequence
    this.#unanchoredHead = undefined
  }

  /** Moves on to the next entry of the history; the function returned says that it has been handled. */
  accept(position: Position): () => void {
    this.#position = position
    this.#unanchoredAt = undefined
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
   * Continuity was given up: goes on from the head, or unanchored if the log had no entry to anchor to.
   *
   * @param mark waiters born up to it were born before the head was read
   * @param unanchoredHead what `last` named, if there was no entry to anchor to
   */
  resync(head: Position | undefined, ordinal: number | undefined, mark: number, unanchoredHead?: string): () => void {
    this.#history += 1
    this.#resyncMark = mark
    this.#unreached.clear()
    this.#ordinal = ordinal === undefined ? undefined : ordinal - 1
    if (head !== undefined) return this.accept(head)
    this.#position = undefined
    const sequence = this.accepted.skip()
    this.#unanchoredAt = sequence
    this.#unanchoredHead = unanchoredHead
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

  /** Whether the handled part has reached this entry, as far as it is remembered. Unanchored, no entry counts as the end of the log. */
  isHandled(appendId: string | undefined, { sequence }: HandledState): boolean {
    const place = this.#placeOf(appendId)
    return place !== undefined && place <= sequence
  }

  /** Whether a head that was read has been accepted since. */
  hasReached(appendId: string): boolean {
    return !this.#unreached.has(appendId)
  }

  /** Whether there is no anchor entry and the log's head is still the one read then, so that nothing was missed. */
  isUnanchored(head: string | undefined): boolean {
    return this.#unanchoredAt !== undefined && (head === undefined || head === this.#unanchoredHead)
  }

  #placeOf(head: string | undefined): number | undefined {
    if (this.isUnanchored(head)) return this.#unanchoredAt
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
