import type { Log } from '../../log/log.js'
import type { Entry, Page } from '../../log/model/entry.js'
import { formatPosition, parseCursor, parsePosition, type Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import { decodeFrame } from '../../message/wire/decode-frame.js'
import { backoffMs } from '../../support/backoff.js'
import { ClosedError, ConfigurationError, RedisError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import { delay, type Runtime } from '../../support/runtime.js'
import type { RecoverySpan } from '../../telemetry/telemetry.js'
import type { CursorStore } from '../handling/cursor.js'
import type { Ground } from '../progress/look.js'
import { type Continuity, judgeContinuity, judgeFork, type ReplayStart } from './continuity.js'
import type { Effect, HandOver } from './effect.js'
import type { Following } from './following.js'
import type { GarbageReport } from './garbage-report.js'
import type { Load } from './intake.js'
import { findNewestIntact } from './newest-intact.js'
import type { Reading, ReadingOutcome } from './reading.js'
import { endSpan, evictAll, type ReplayEvent, type ResyncEvent } from './recovery-event.js'
import type { PageRequest } from './replay-pace.js'
import { replay } from './replayer.js'

export interface RecoveryContext {
  readonly log: Log
  readonly runtime: Runtime
  readonly following: Following
  readonly garbage: GarbageReport
  readonly cursor: CursorStore
  readonly options: {
    readonly name: string
    readonly startAt: string | undefined
    readonly pageSize: number
    readonly onResync: 'evict' | 'notify'
  }
  readonly cap: number
  nextAppendId(): string
  /** Reads a page of the log when it is this subscription's turn. */
  inTurn<T>(read: () => Promise<T>): Promise<T>
  /** The number of the youngest promise that waits for a position. */
  waiterMark(): number
  readonly perform: (effects: readonly Effect[]) => void
  /** Hands frames to the handler's queue, as one task. */
  handOver(handOvers: readonly HandOver[], span?: RecoverySpan): void
  /** Resolves when so much more may wait for the handler, or at close. */
  room(more: Load): Promise<void>
  isStopped(): boolean
  /** Begins the span of a replay, or of a resync for this reason; undefined if nobody traces. */
  startSpan(reason: ResyncReason | undefined): RecoverySpan | undefined
  emitReplay(event: ReplayEvent): void
  emitResync(event: ResyncEvent): void
  onError(error: Error): void
}

type Beginning = 'anchor' | 'oldest' | 'no-cursor' | SavedPosition

/** A position that was saved or named, and the replication id under which everything up to it had been handled. */
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
  #begun = false

  /** @param limits what may wait for the handler */
  constructor(context: RecoveryContext, limits: Load) {
    this.#context = context
    this.#sliceMessages = Math.min(sliceMessages, limits.messages)
  }

  /** Reads the log, as often as needed, until its end is reached. Never rejects; must not run twice at once. */
  async run(): Promise<void> {
    const { runtime, following, perform } = this.#context
    const outage = new Outage((error) => this.#context.onError(error))
    let failures = 0
    while (following.wantsReading) {
      perform(following.readingWanted())
      const reading = following.beginReading()
      try {
        const outcome = await this.#read(reading)
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

  /** Rejects if the log could not be asked; another reading may follow. */
  async #read(reading: Reading): Promise<ReadingOutcome> {
    if (!this.#begun) {
      const outcome = await this.#begin(reading)
      if (outcome !== undefined) return outcome
    }
    if (reading.wanted !== undefined) return this.#resync(reading, reading.wanted)
    const { position } = reading.history
    if (position === undefined) return this.#followUnanchored(reading)
    const continuity = await this.#findContinuity(reading, position)
    switch (continuity.kind) {
      case 'current':
        return 'caught-up'
      case 'resync':
        return this.#resync(reading, continuity.reason, continuity.missed)
      case 'replay':
        if (continuity.forked && continuity.start.at === 'entry') reading.forkedFrom(continuity.start.position)
        return this.#replay(reading, continuity.start, continuity.forked)
    }
  }

  /** Finds where to begin; undefined if a position was taken that the log must now continue. */
  async #begin(reading: Reading): Promise<ReadingOutcome | undefined> {
    const beginning = await this.#beginning()
    let outcome: ReadingOutcome | undefined
    if (beginning === 'no-cursor') outcome = await this.#resync(reading, 'no-cursor')
    else if (beginning === 'oldest') {
      reading.beginOldest()
      outcome = await this.#replay(reading, { at: 'first', prev: undefined }, false)
    } else if (beginning !== 'anchor') {
      const { position, replicationId: id, isCursor } = beginning
      // What is before a cursor was handled in an earlier life; what is before another position was not.
      this.#context.perform(reading.begin(position, { id, since: isCursor ? undefined : position.streamId }))
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
    const { log, cursor, cap } = this.#context
    const id = reading.trust.current
    const anchor = await log.anchor(this.#context.nextAppendId(), cap)
    // A cache that outlives the process is not empty: it keeps what `startAt` skips.
    const since = cursor.durable ? anchor?.position.streamId : undefined
    this.#context.perform(reading.anchored(anchor, { id, since }))
    return 'caught-up'
  }

  /** There is no anchor entry yet. While the head stays the same, nothing was missed; a new head is a resync. */
  async #followUnanchored(reading: Reading): Promise<ReadingOutcome> {
    const head = await this.#context.log.head()
    if (head !== undefined && !reading.history.isUnanchored(head)) return this.#resync(reading, 'no-position')
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
    const { log, runtime, options } = this.#context
    const from = reading.history.position
    const startedAt = runtime.monotonic()
    let entries = 0
    let messages = 0
    const span = this.#context.startSpan(undefined)
    const end = await watched(span, () =>
      replay(start, {
        pageSize: options.pageSize,
        head: () => log.head(),
        monotonic: () => runtime.monotonic(),
        yield: () => runtime.yield(),
        readPage: (streamId, request) => this.#context.inTurn(() => this.#readPage(streamId, request)),
        accept: async (page) => {
          messages += await this.#takeEntries(reading, page, span)
          entries += page.length
          await runtime.yield()
        },
      }),
    )
    const durationMs = runtime.monotonic() - startedAt
    const event = { from: text(from), to: text(reading.history.position), entries, messages, forked, durationMs }
    span?.end(event)
    if (entries > 0 || forked) this.#context.emitReplay(event)
    return end === 'broken' ? this.#resync(reading, 'deleted') : end
  }

  async #readPage(streamId: string, { count, joined }: PageRequest): Promise<Page> {
    // Its turn may have come after it was closed.
    if (this.#context.isStopped()) throw new ClosedError('The subscription is closed: it reads nothing more')
    return this.#context.log.readPage(streamId, count, joined)
  }

  /** Hands entries over, at the handler's pace. Resolves to the number of messages they carried. */
  async #takeEntries(reading: Reading, entries: readonly Entry[], span?: RecoverySpan): Promise<number> {
    let slice: HandOver[] = []
    let [messages, bytes, total] = [0, 0, 0]
    const push = async (): Promise<void> => {
      await this.#context.room({ messages, bytes })
      this.#context.handOver(slice, span)
      slice = []
      messages = bytes = 0
    }
    for (const entry of entries) {
      if (this.#context.isStopped()) return total
      const decoded = decodeFrame(entry.frame)
      if (decoded.rejected.length > 0) this.#context.garbage.add(decoded.rejected)
      if (decoded.traces) span?.makesUpFor(decoded.traces)
      slice.push(reading.entry(entry, decoded))
      messages += decoded.messages.length
      bytes += entry.frame.length
      total += decoded.messages.length
      if (messages >= this.#sliceMessages || slice.length >= sliceMessages || bytes >= sliceBytes) await push()
    }
    if (slice.length > 0) await push()
    return total
  }

  async #resync(reading: Reading, reason: ResyncReason, missed?: number): Promise<ReadingOutcome> {
    const { log, runtime, cap, options } = this.#context
    const span = this.#context.startSpan(reason)
    await this.#context.room({ messages: 1, bytes: 0 })
    const from = reading.history.position
    // Taken before the head is read: promises made by then wait for nothing newer than that head.
    const mark = this.#context.waiterMark()
    const id = reading.trust.current
    const anchor = await watched(span, () => log.anchor(this.#context.nextAppendId(), cap))
    // Unanchored, evicting all covers everything up to this head: the handler runs after the head was read.
    const head = anchor ? anchor.position.appendId : await watched(span, () => log.head())
    const evicts = options.onResync === 'evict'
    const ground: Ground = evicts
      ? { id, since: undefined }
      : { id: reading.trust.id, since: anchor?.position.streamId }
    const ticket = reading.resync(reason, { anchor, head, mark, ground })
    const event: ResyncEvent = { reason, from: text(from), to: text(anchor?.position), missed }
    const messages = options.onResync === 'notify' ? [] : [evictAll(event, runtime)]
    const origin = { mode: 'resync', reason, ...(missed !== undefined && { missed }) } as const
    this.#context.handOver([{ type: 'hand-over', frame: { messages, bytes: 0 }, origin, ticket }], span)
    if (span) void endSpan(span, event, anchor?.position, log)
    this.#context.emitResync(event)
    return 'resynced'
  }
}

/** Ends the span with the error of a step that failed. */
async function watched<T>(span: RecoverySpan | undefined, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    span?.failed(error)
    throw error
  }
}

function text(position: Position | undefined): string | undefined {
  return position && formatPosition(position)
}
