import type { Log } from '../log/log.js'
import type { Entry } from '../log/model/entry.js'
import { formatPosition } from '../log/model/position.js'
import type { InvalidationMessage } from '../message/message.js'
import { splitPosition } from '../message/position-text.js'
import { compareStreamIds } from '../message/stream-id.js'
import { timestampMs } from '../message/timestamp.js'
import type { ResyncEvent } from '../subscriber/follow/recovery-event.js'
import type { Delivery } from '../subscriber/handling/delivery.js'
import { preciseClock } from '../support/precise-clock.js'
import type { CommandSession } from './command-session.js'
import { type FilterFlags, type MessageFilter, messageFilter } from './message-filter.js'
import { messagesOf, printedMessage, printMessage } from './message-line.js'
import type { Range } from './points.js'
import { type Pages, patientPages, readRange, warnOfGap } from './read-range.js'

/** How a message came. */
type Mode = 'live' | 'replay'

/** Prints messages in the order in which they were appended, until enough were. */
export class TailPrinter {
  /** Resolves when `count` messages were printed, or the session is interrupted; rejects where it can't go on. */
  readonly finished: Promise<undefined>
  readonly #session: CommandSession
  readonly #pages: Pages
  readonly #isMeant: MessageFilter
  readonly #now: () => number
  readonly #finish: () => void
  readonly #fail: (error: unknown) => void
  #left: number
  #isFinished = false
  /** What was read from the log after a resync is printed before what comes next. */
  #before: Promise<void> = Promise.resolve()
  /** Whether an entry stands where the log was read after the newest resync. */
  #isRead: (streamId: string) => boolean = () => false

  constructor(
    session: CommandSession,
    { count = Infinity, ...filter }: FilterFlags & { readonly count?: number },
    log: Log,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.finished = promise
    this.#finish = () => resolve(undefined)
    this.#fail = reject
    this.#session = session
    this.#pages = patientPages(log, session.runtime, () => !this.#isFinished)
    this.#isMeant = messageFilter(filter)
    this.#now = preciseClock(session.runtime)
    this.#left = count
    session.signal.addEventListener('abort', this.#finish, { once: true })
    const ended = (): void => {
      this.#isFinished = true
    }
    promise.then(ended, ended)
  }

  /**
   * Takes a message of the subscription. Resolves when the reader has room for more, so it waits for a slow reader.
   * If the command has ended, a message that can't be printed has not failed: nobody needs it any more.
   */
  async take(message: InvalidationMessage, delivery: Delivery): Promise<void> {
    try {
      await this.#take(message, delivery)
    } catch (error) {
      if (!this.isOver) throw error
    }
  }

  /** Whether enough was printed, the session was interrupted, or it can't go on. */
  get isOver(): boolean {
    return this.#isFinished || this.#session.signal.aborted
  }

  async #take(message: InvalidationMessage, delivery: Delivery): Promise<void> {
    await this.#before
    const position = delivery.mode === 'resync' ? undefined : delivery.position
    // What arrives live while the log is read is handed over, too.
    if (position !== undefined && this.#isRead(splitPosition(position).streamId)) return
    await this.#print(message, delivery.mode === 'live' ? 'live' : 'replay', position)
  }

  /** Takes an entry read from the log. */
  async takeEntry(entry: Entry, mode: Mode = 'replay'): Promise<void> {
    const position = formatPosition(entry.position)
    for (const message of messagesOf(entry, this.#session.output)) await this.#print(message, mode, position)
  }

  /** After a resync the subscription goes on at the head; what the log still has before that is shown all the same. */
  takeAfterResync({ reason, from, to }: ResyncEvent): void {
    if (to === undefined) return
    // The log was empty until a message came, live, and was the first.
    const mode = reason === 'no-position' ? 'live' : 'replay'
    const range = { from: splitPosition(from ?? '0-0').streamId, to: splitPosition(to).streamId }
    this.#isRead = (streamId) => compareStreamIds(streamId, range.from) > 0 && compareStreamIds(streamId, range.to) <= 0
    this.#before = this.#before.then(() => this.#printRange(range, from, mode)).catch(this.#fail)
  }

  async #printRange(range: Range, shown: string | undefined, mode: Mode): Promise<void> {
    const { output } = this.#session
    for await (const entry of readRange(this.#pages, range, (...gap) => warnOfGap(output, ...gap))) {
      if (formatPosition(entry.position) !== shown) await this.takeEntry(entry, mode)
    }
  }

  async #print(message: InvalidationMessage, mode: Mode, position: string | undefined): Promise<void> {
    if (this.#left === 0 || !this.#isMeant(message)) return
    this.#left--
    const published = timestampMs(message.timestamp)
    const lateMs = published === undefined ? undefined : Math.round((this.#now() - published) * 1_000) / 1_000
    await printMessage(
      this.#session.output,
      printedMessage(message, {
        ...(position !== undefined && { position }),
        mode,
        ...(lateMs !== undefined && { lateMs }),
      }),
    )
    if (this.#left === 0) this.#finish()
  }
}
