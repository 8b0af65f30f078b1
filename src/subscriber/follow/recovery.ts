import type { Log } from '../../log/log.js'
import type { Page } from '../../log/model/entry.js'
import { formatPosition, parsePosition, type Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { InvalidationMessage, Json } from '../../message/message.js'
import { decodeFrame } from '../../message/wire/frame.js'
import { ClosedError, ConfigurationError, RedisError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { RecoverySpan } from '../../telemetry/telemetry.js'
import type { CursorStore } from '../handling/cursor.js'
import type { Progress } from '../progress/progress.js'
import type { ArrivalBuffer } from './arrival-buffer.js'
import type { ReplayStart } from './continuity.js'
import type { Intake } from './intake.js'
import { findContinuity } from './log-reader.js'
import type { PageRequest } from './pace.js'
import type { InTurn } from './page-gate.js'
import { replay } from './replayer.js'

/** A replay that handed something over, or found where a failover had replaced the history. */
export interface ReplayEvent {
  /** Positions, as text: the newest entry accepted before, and now. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly entries: number
  readonly messages: number
  /** A failover had replaced the end of our history; it was repaired without a resync. */
  readonly forked: boolean
  readonly durationMs: number
}

/** Continuity could not be proved: everything is evicted, and the log followed from its head. */
export interface ResyncEvent {
  readonly reason: ResyncReason
  /** Positions, as text: the newest entry accepted before, and the head gone on from. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** How many entries are gone, where known. */
  readonly missed: number | undefined
}

export interface RecoveryContext {
  readonly log: Log
  readonly runtime: Runtime
  readonly progress: Progress
  readonly buffer: ArrivalBuffer
  readonly intake: Intake
  readonly counters: SubscriptionCounters
  readonly cursor: CursorStore
  readonly name: string
  readonly startAt: string | undefined
  readonly pageSize: number
  readonly cap: number
  readonly onResync: 'evict' | 'notify'
  nextAppendId(): string
  inTurn: InTurn
  /** The number of the youngest promise that waits for a position. */
  waiterMark(): number
  roomToResync(): Promise<void>
  isStopped(): boolean
  /** Begins the span of a replay, or of a resync for this reason; undefined where nobody looks. */
  startSpan(reason: ResyncReason | undefined): RecoverySpan | undefined
  emitReplay(event: ReplayEvent): void
  emitResync(event: ResyncEvent): void
  onError(error: Error): void
}

/**
 * - `caught-up`: all that the log had was handed over
 * - `resynced`: everything is evicted instead
 * - `lost-place`: the log changed under the reading; look again
 */
export type RecoveryOutcome = 'caught-up' | 'resynced' | 'lost-place'

type Beginning = 'anchor' | 'oldest' | 'no-cursor' | Position

/** Brings a subscription to the end of the log: from its beginning, from its position, or by a resync. */
export class Recovery {
  readonly #context: RecoveryContext
  #begun = false

  constructor(context: RecoveryContext) {
    this.#context = context
  }

  /** Rejects where the log could not be asked; it can be run again. */
  async run(wanted: ResyncReason | undefined): Promise<RecoveryOutcome> {
    if (!this.#begun) {
      const outcome = await this.#begin()
      if (outcome !== undefined) return outcome
    }
    if (wanted !== undefined) return this.#resync(wanted)
    const { log, progress } = this.#context
    const position = progress.position
    if (position === undefined) return this.#followUnanchored()
    const newestFirst = (): Position[] => progress.accepted.newestFirst()
    const continuity = await findContinuity(log, position, newestFirst, progress.ordinal)
    switch (continuity.kind) {
      case 'current':
        return 'caught-up'
      case 'resync':
        return this.#resync(continuity.reason, continuity.missed)
      case 'replay':
        if (continuity.forked && continuity.start.at === 'entry') progress.goBack(continuity.start.position)
        return this.#replay(continuity.start, continuity.forked)
    }
  }

  /** Finds where to begin; undefined where a position was taken that the log must now continue. */
  async #begin(): Promise<RecoveryOutcome | undefined> {
    const beginning = await this.#beginning()
    let outcome: RecoveryOutcome | undefined
    if (beginning === 'no-cursor') outcome = await this.#resync('no-cursor')
    else if (beginning === 'oldest') outcome = await this.#replay({ at: 'first', prev: undefined }, false)
    else if (beginning !== 'anchor') this.#context.progress.begin(beginning)
    // An empty log has no oldest entry: anchor to its head, as a first start does.
    const isUnanchored = outcome === 'lost-place' && this.#context.progress.position === undefined
    if (beginning === 'anchor' || isUnanchored) outcome = await this.#anchor()
    this.#begun = true
    return outcome
  }

  async #beginning(): Promise<Beginning> {
    const { cursor, startAt } = this.#context
    const saved = cursor.durable ? await this.#loadCursor() : undefined
    if (saved !== undefined) return saved
    if (startAt === undefined) return cursor.durable ? 'no-cursor' : 'anchor'
    if (startAt === 'head') return 'anchor'
    return startAt === 'oldest' ? 'oldest' : parsePosition(startAt)
  }

  /** A cursor that can't be read is none: what follows then is coarser, and safe. A Redis that fails may yet answer. */
  async #loadCursor(): Promise<Position | undefined> {
    const { cursor, name } = this.#context
    try {
      const text = await cursor.load(name)
      return text === undefined || text === null ? undefined : parsePosition(text)
    } catch (error) {
      if (error instanceof RedisError) throw error
      this.#context.onError(
        new ConfigurationError(`The cursor of "${name}" can't be read and counts as gone`, { cause: error }),
      )
      return undefined
    }
  }

  async #anchor(): Promise<RecoveryOutcome> {
    const { log, runtime, progress, cap } = this.#context
    const sentAt = runtime.monotonic()
    const anchor = await log.anchor(this.#context.nextAppendId(), cap)
    if (anchor === undefined) progress.beginUnanchored()
    else progress.begin(anchor.position, anchor.added)
    progress.headRead(anchor?.position.appendId, sentAt)
    return 'caught-up'
  }

  /** There was no entry to anchor to so far. While the head stays the same nothing was missed; a new head is a resync. */
  async #followUnanchored(): Promise<RecoveryOutcome> {
    const { log, runtime, progress } = this.#context
    const sentAt = runtime.monotonic()
    const head = await log.head()
    if (head !== undefined && !progress.isUnanchored(head)) return this.#resync('no-position')
    progress.headRead(head, sentAt)
    return 'caught-up'
  }

  async #replay(start: ReplayStart, forked: boolean): Promise<RecoveryOutcome> {
    const { log, runtime, progress, intake, pageSize } = this.#context
    const from = progress.position
    const startedAt = runtime.monotonic()
    let entries = 0
    let messages = 0
    const span = this.#context.startSpan(undefined)
    const end = await watched(span, () =>
      replay(start, {
        pageSize,
        head: () => log.head(),
        monotonic: () => runtime.monotonic(),
        yield: () => runtime.yield(),
        readPage: (streamId, request) => this.#context.inTurn(() => this.#readPage(streamId, request)),
        accept: async (page) => {
          messages += await intake.takeReplayed(page, () => this.#context.isStopped(), span)
          entries += page.length
          await runtime.yield()
        },
      }),
    )
    const durationMs = runtime.monotonic() - startedAt
    const event = { from: text(from), to: text(progress.position), entries, messages, forked, durationMs }
    span?.end(event)
    if (entries > 0 || forked) this.#context.emitReplay(event)
    return end === 'broken' ? this.#resync('deleted') : end
  }

  async #readPage(streamId: string, { count, joined }: PageRequest): Promise<Page> {
    const { log, runtime, progress } = this.#context
    // Its turn may have come after it was closed.
    if (this.#context.isStopped()) throw new ClosedError('The subscription is closed: it reads nothing more')
    const sentAt = runtime.monotonic()
    const page = await log.readPage(streamId, count, joined)
    if (page.last !== undefined) progress.headRead(page.last, sentAt)
    return page
  }

  async #resync(reason: ResyncReason, missed?: number): Promise<RecoveryOutcome> {
    const { log, runtime, progress, intake, cap, counters } = this.#context
    const span = this.#context.startSpan(reason)
    await this.#context.roomToResync()
    const from = progress.position
    // Taken before the head is read: who began to wait by then waits for nothing newer than that head.
    const mark = this.#context.waiterMark()
    const sentAt = runtime.monotonic()
    const anchor = await watched(span, () => log.anchor(this.#context.nextAppendId(), cap))
    // Unanchored, evicting all covers everything up to this head: the handler runs after the head was read.
    const head = anchor ? anchor.position.appendId : await watched(span, () => log.head())
    const handled = progress.resync(anchor?.position, anchor?.added, mark, head)
    progress.headRead(head, sentAt)
    counters.countResync(reason)
    const event: ResyncEvent = { reason, from: text(from), to: text(anchor?.position), missed }
    const messages = this.#context.onResync === 'notify' ? [] : [evictAll(event, runtime)]
    intake.takeResync(messages, { mode: 'resync', reason, ...(missed !== undefined && { missed }) }, handled, span)
    if (span) void this.#endResync(span, anchor?.position, event)
    this.#context.emitResync(event)
    return 'resynced'
  }

  /** Links to the newest publish that a resync makes up for, where it is still in the log. */
  async #endResync(span: RecoverySpan, head: Position | undefined, event: ResyncEvent): Promise<void> {
    try {
      const page = head && (await this.#context.log.readPage(head.streamId, 1))
      for (const { frame } of page?.entries ?? []) span.makesUpFor(decodeFrame(frame).traces ?? [])
    } catch {
      // The trace goes without the link; the resync is done, and a link that is down is told elsewhere.
    }
    span.end(event)
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

/** The message a resync hands to the handler: a pattern that matches every key, which any handler understands. */
function evictAll(event: ResyncEvent, runtime: Runtime): InvalidationMessage {
  const { reason, from = null, to = null, missed = null } = event
  const resync: Json = { reason, from, to, missed }
  return {
    action: 'pattern',
    pattern: '*',
    metadata: { resync },
    messageId: runtime.uuid(),
    timestamp: new Date(runtime.now()).toISOString(),
    sourceService: 'cache-invalidation',
  }
}
