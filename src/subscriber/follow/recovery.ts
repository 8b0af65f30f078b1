import type { Entry, Page } from '../../log/model/entry.js'
import { parseCursor, parsePosition, type Position, positionText } from '../../log/model/position.js'
import { decodeFrame } from '../../message/wire/decode-frame.js'
import { backoffMs } from '../../support/backoff.js'
import { ClosedError, ConfigurationError, isLinkLost, RedisError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import { delay } from '../../support/runtime.js'
import { type RecoverySpan, watched } from '../../telemetry/telemetry.js'
import type { CursorStore } from '../handling/cursor.js'
import { type Continuity, judgeContinuity, judgeFork, type ReplayStart } from './continuity.js'
import type { HandOver } from './effect.js'
import type { GarbageReport } from './garbage-report.js'
import type { Load } from './intake.js'
import { findNewestIntact } from './newest-intact.js'
import type { Reading, ReadingOutcome } from './reading.js'
import { entryCutOff, type ReplayEvent, unreadableError } from './recovery-event.js'
import { PageLimit, type PageRequest, replay } from './replayer.js'
import { Resync, type ResyncContext } from './resync.js'

export interface RecoveryContext extends ResyncContext {
  readonly garbage: GarbageReport
  readonly cursor: CursorStore
  readonly options: {
    readonly name: string
    readonly startAt: string | undefined
    readonly pageSize: number
    readonly onResync: 'evict' | 'notify'
    readonly onForeignGap: 'notify' | 'resync'
  }
  /** Reads a page of the log when it is this subscription's turn. */
  inTurn<T>(read: () => Promise<T>): Promise<T>
  emitReplay(event: ReplayEvent): void
}

/** The entries taken from a page; `isWhole` is false if they end at an entry that can't be read in full. */
interface Taken {
  readonly entries: number
  readonly messages: number
  readonly isWhole: boolean
}

type Beginning = 'anchor' | 'oldest' | 'no-cursor' | SavedPosition

/** A saved or given position, and the replication id under which everything up to it had been handled. */
interface SavedPosition {
  readonly position: Position
  readonly replicationId: string | undefined
  readonly isCursor: boolean
}

/** Messages handed to the queue at once from a backlog: long enough to be cheap, short enough to stop between. */
const sliceMessages = 256
const sliceBytes = 256 * 1024

/** Brings a subscription to the end of the log: from its beginning, from its position, or by a resync. */
export class Recovery {
  readonly #context: RecoveryContext
  readonly #sliceMessages: number
  readonly #resync: Resync
  readonly #pageLimit: PageLimit
  #begun = false

  /** @param limits what may wait for the handler */
  constructor(context: RecoveryContext, limits: Load) {
    this.#context = context
    this.#resync = new Resync(context)
    this.#pageLimit = new PageLimit(context.options.pageSize, (error) => context.onError(error))
    this.#sliceMessages = Math.min(sliceMessages, limits.messages)
  }

  /** Reads the log, as often as needed, until its end is reached. Never rejects; must not run twice at once. */
  async run(): Promise<void> {
    const { runtime, following, perform } = this.#context
    const outage = new Outage((error) => this.#context.onError(error))
    let failures = 0
    while (following.wantsReading) {
      // Also pauses if the last connection was lost while a page was read: the new one may be lost in the same way.
      const { cuts } = this.#pageLimit
      if (cuts > 0 && failures === 0) await delay(runtime, backoffMs(cuts - 1, runtime))
      perform(following.readingWanted())
      const reading = following.beginReading()
      try {
        const outcome = await this.#read(reading)
        if (outcome !== 'lost-place') this.#pageLimit.ended()
        failures = 0
        outage.ended()
        const { done, effects } = reading.ended(outcome)
        perform(effects)
        if (done) break
      } catch (error) {
        if (!following.wantsReading) break
        outage.failed(error)
        await delay(runtime, backoffMs(failures++, runtime))
      }
    }
    perform(following.readingsEnded())
  }

  /** Stops all waits. */
  close(): void {
    this.#resync.close()
  }

  /** Rejects if the log could not be asked; another reading may follow. */
  async #read(reading: Reading): Promise<ReadingOutcome> {
    if (this.#pageLimit.isStuck) return this.#skipUnreadable(reading)
    if (!this.#begun) {
      const outcome = await this.#begin(reading)
      if (outcome !== undefined) return outcome
    }
    if (reading.wanted !== undefined) return this.#resync.run(reading, reading.wanted)
    const { position } = reading.history
    if (position === undefined) return this.#followUnanchored(reading)
    const continuity = await this.#findContinuity(reading, position)
    switch (continuity.kind) {
      case 'current':
        return 'caught-up'
      case 'resync':
        return this.#resync.run(reading, continuity.reason, continuity.missed)
      case 'replay':
        if (continuity.forked && continuity.start.at === 'entry') reading.forkedFrom(continuity.start.position)
        return this.#replay(reading, continuity.start, continuity.forked)
    }
  }

  /** Finds where to begin; undefined if a position was taken that the log must now continue. */
  async #begin(reading: Reading): Promise<ReadingOutcome | undefined> {
    const beginning = await this.#beginning()
    let outcome: ReadingOutcome | undefined
    if (beginning === 'no-cursor') outcome = await this.#resync.run(reading, 'no-cursor')
    else if (beginning === 'oldest') {
      reading.beginOldest()
      outcome = await this.#replay(reading, { at: 'first', prev: undefined }, false)
    } else if (beginning !== 'anchor') {
      const { position, replicationId: id, isCursor } = beginning
      // Entries before a cursor were handled by an earlier process; entries before another position were not.
      this.#context.perform(reading.begin(position, { id, since: isCursor ? undefined : position.streamId }))
      // Messages published without the log while the process was away can't be read.
      if (this.#context.options.onForeignGap === 'resync') outcome = await this.#resync.run(reading, 'foreign-gap')
    }
    // An empty log has no oldest entry: anchor to its head, as a first start does.
    const isEmpty = outcome === 'lost-place' && reading.history.position === undefined
    if (beginning === 'anchor' || isEmpty) outcome = await this.#anchor(reading)
    this.#begun = true
    return outcome
  }

  async #beginning(): Promise<Beginning> {
    const { cursor, options } = this.#context
    const { startAt } = options
    const saved = cursor.durable ? await this.#loadCursor() : undefined
    if (saved !== undefined) return saved
    if (startAt === undefined) return cursor.durable ? 'no-cursor' : 'anchor'
    if (startAt === 'head') return 'anchor'
    if (startAt === 'oldest') return 'oldest'
    return { position: parsePosition(startAt), replicationId: undefined, isCursor: false }
  }

  /** A cursor that can't be read counts as missing: a resync is safe. If Redis fails, it is asked again. */
  async #loadCursor(): Promise<SavedPosition | undefined> {
    const { cursor, options } = this.#context
    try {
      const text = await cursor.load(options.name)
      return text === undefined || text === null ? undefined : { ...parseCursor(text), isCursor: true }
    } catch (error) {
      if (error instanceof RedisError) throw error
      this.#context.onError(
        new ConfigurationError(`The cursor of "${options.name}" can't be read and counts as gone`, { cause: error }),
      )
      return undefined
    }
  }

  async #anchor(reading: Reading): Promise<ReadingOutcome> {
    const { log, cursor, retention } = this.#context
    const id = reading.trust.current
    const anchor = await log.anchor(this.#context.nextAppendId(), retention)
    // A cache that outlives the process is not empty: it may hold values whose invalidation `startAt` skips.
    const skipped = cursor.durable ? anchor?.position : undefined
    const ground = { id, since: skipped?.streamId, skipped: skipped?.appendId }
    this.#context.perform(reading.anchored(anchor, ground))
    return 'caught-up'
  }

  /**
   * There is no anchor entry yet. Nothing was missed if the head is the same and, while the log is empty, the link
   * stayed up; else it is a resync.
   */
  async #followUnanchored(reading: Reading): Promise<ReadingOutcome> {
    const head = await this.#context.log.head()
    if (!reading.history.isUnanchored(head)) return this.#resync.run(reading, 'no-position')
    return 'caught-up'
  }

  /** Asks the log whether it continues a position, or an older entry that was accepted. */
  async #findContinuity({ history }: Reading, position: Position): Promise<Continuity> {
    const { log } = this.#context
    const { ordinal } = history
    const found = await log.inspect(position)
    const continuity = judgeContinuity(position, found)
    if (continuity !== undefined) return continuity
    const newestIntact = found.first && (await findNewestIntact(log, history.newestFirst()))
    return judgeFork(position, found, newestIntact, ordinal)
  }

  async #replay(reading: Reading, start: ReplayStart, forked: boolean): Promise<ReadingOutcome> {
    const { log, runtime } = this.#context
    const from = reading.history.position
    const startedAt = runtime.monotonic()
    let entries = 0
    let messages = 0
    const span = this.#context.startSpan(undefined)
    const end = await watched(span, () =>
      replay(start, {
        limit: this.#pageLimit,
        head: () => log.head(),
        monotonic: () => runtime.monotonic(),
        yield: () => runtime.yield(),
        readPage: (streamId, request) => this.#context.inTurn(() => this.#readPage(streamId, request)),
        accept: async (page) => {
          const taken = await this.#takeEntries(reading, page, span)
          messages += taken.messages
          entries += taken.entries
          if (taken.entries > 0) {
            // If the log was being read from its oldest entry, the next reading goes on behind these.
            this.#begun = true
            this.#pageLimit.taken()
          }
          await runtime.yield()
          return taken.isWhole
        },
      }),
    )
    const durationMs = runtime.monotonic() - startedAt
    const event = {
      from: positionText(from),
      to: positionText(reading.history.position),
      entries,
      messages,
      forked,
      durationMs,
    }
    span?.end(event)
    if (entries > 0 || forked) this.#context.emitReplay(event)
    if (end === 'stopped') return this.#resync.run(reading, 'unreadable')
    return end === 'broken' ? this.#resync.run(reading, 'deleted') : end
  }

  async #readPage(streamId: string, { count, joined }: PageRequest): Promise<Page> {
    // Its turn may have come after it was closed.
    if (this.#context.isStopped()) throw new ClosedError('The subscription is closed: it reads nothing more')
    try {
      return await this.#context.log.readPage(streamId, count, joined)
    } catch (error) {
      if (isLinkLost(error)) this.#pageLimit.cut(count, error)
      throw error
    }
  }

  /** Not even the next entry alone arrives: everything is evicted, and reading goes on from the end of the log. */
  async #skipUnreadable(reading: Reading): Promise<ReadingOutcome> {
    this.#context.onError(entryCutOff())
    const outcome = await this.#resync.run(reading, 'unreadable')
    this.#begun = true
    return outcome
  }

  /** Hands entries over, at the handler's pace, up to the first that can't be read in full. */
  async #takeEntries(reading: Reading, entries: readonly Entry[], span?: RecoverySpan): Promise<Taken> {
    let slice: HandOver[] = []
    let [messages, bytes] = [0, 0]
    const taken = { entries: 0, messages: 0, isWhole: true }
    const push = async (): Promise<void> => {
      await this.#context.room({ messages, bytes })
      this.#context.handOver(slice, span)
      slice = []
      messages = bytes = 0
    }
    for (const entry of entries) {
      if (this.#context.isStopped()) return taken
      const decoded = decodeFrame(entry.frame)
      taken.isWhole = decoded.rejected.length === 0
      if (!taken.isWhole) {
        reading.unreadable(decoded.rejected.length)
        this.#context.garbage.add([unreadableError(entry.position, decoded)])
        break
      }
      if (decoded.traces) span?.makesUpFor(decoded.traces)
      slice.push(reading.entry(entry, decoded))
      messages += decoded.messages.length
      bytes += entry.frame.length
      taken.entries += 1
      taken.messages += decoded.messages.length
      if (messages >= this.#sliceMessages || slice.length >= sliceMessages || bytes >= sliceBytes) await push()
    }
    if (slice.length > 0) await push()
    return taken
  }
}
