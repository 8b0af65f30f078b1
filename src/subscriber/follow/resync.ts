import type { Retention } from '../../log/model/retention.js'
import type { Log } from '../../log/log.js'
import { positionText } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import { ClosedError } from '../../support/errors.js'
import { delay, type Runtime } from '../../support/runtime.js'
import { type RecoverySpan, watched } from '../../telemetry/telemetry.js'
import type { Ground } from '../progress/look.js'
import type { Effect, HandOver } from './effect.js'
import type { Following } from './following.js'
import type { Load } from './intake.js'
import type { LogDeletion } from './log-deletion.js'
import type { Reading, ReadingOutcome } from './reading.js'
import { endSpan, evictAll, type ResyncEvent } from './recovery-event.js'
import { ResyncPace } from './resync-pace.js'

export interface ResyncContext {
  readonly log: Log
  readonly runtime: Runtime
  readonly following: Following
  readonly deletion: LogDeletion
  readonly options: { readonly onResync: 'evict' | 'notify' }
  readonly retention: Retention
  nextAppendId(): string
  /** The number of the youngest promise that waits for a position. */
  waiterMark(): number
  readonly perform: (effects: readonly Effect[]) => void
  /** Hands frames to the handler's queue, as one task. */
  handOver(handOvers: readonly HandOver[], span?: RecoverySpan): void
  /** Resolves when the given load fits into the handler's queue, or at close. */
  room(more: Load): Promise<void>
  isStopped(): boolean
  /** Begins the span of a replay, or of a resync for this reason; undefined without tracing. */
  startSpan(reason: ResyncReason | undefined): RecoverySpan | undefined
  emitResync(event: ResyncEvent): void
  onError(error: Error): void
}

/** Causes that are not in the log. */
const foreignReasons: ReadonlySet<ResyncReason> = new Set(['overflow', 'foreign-gap', 'oversized'])

/** Gives up continuity: goes on from the head of the log, and evicts everything. */
export class Resync {
  readonly #context: ResyncContext
  readonly #pace = new ResyncPace()
  readonly #foreignPace = new ResyncPace(1_000)
  readonly #closed = new AbortController()

  constructor(context: ResyncContext) {
    this.#context = context
  }

  /** Rejects if the log could not be asked, or if it was closed while it waited for its turn. */
  async run(reading: Reading, reason: ResyncReason, missed?: number): Promise<ReadingOutcome> {
    await this.#turn(reason)
    const { log, runtime, retention, options } = this.#context
    const span = this.#context.startSpan(reason)
    await this.#context.room({ messages: 1, bytes: 0 })
    const from = reading.history.position
    // Taken before the head is read: promises made by then wait for nothing newer than that head.
    const mark = this.#context.waiterMark()
    const id = reading.trust.current
    const anchor = await watched(span, () => log.anchor(this.#context.nextAppendId(), retention))
    // Unanchored, evicting all covers everything up to this head: the handler runs after the head was read.
    const head = anchor ? anchor.position.appendId : await watched(span, () => log.head())
    const ground: Ground =
      options.onResync === 'evict'
        ? { id, since: undefined }
        : { id: reading.trust.id, since: anchor?.position.streamId, skipped: anchor?.position.appendId }
    // The handler runs for nobody who waits if it is not run.
    const covered = options.onResync === 'evict' ? mark : 0
    const ticket = reading.resync(reason, { anchor, head, mark: covered, ground })
    this.#paceOf(reason).resynced(runtime.monotonic())
    const event: ResyncEvent = { reason, from: positionText(from), to: positionText(anchor?.position), missed }
    const messages = options.onResync === 'notify' ? [] : [evictAll(event, runtime)]
    const origin = { mode: 'resync', reason, ...(missed !== undefined && { missed }) } as const
    this.#context.handOver([{ type: 'hand-over', frame: { messages, bytes: 0 }, origin, ticket }], span)
    if (span) void endSpan(span, event, anchor?.position, log)
    this.#context.emitResync(event)
    return 'resynced'
  }

  /** Whoever may publish on the channel can cause some resyncs: those must not put off the others. */
  #paceOf(reason: ResyncReason): ResyncPace {
    return foreignReasons.has(reason) ? this.#foreignPace : this.#pace
  }

  /** Ends the pause before a resync. */
  close(): void {
    this.#closed.abort()
  }

  /**
   * Waits if resyncs follow each other too fast. Frames that arrive meanwhile are handled if there is room; the resync
   * afterwards covers the rest.
   */
  async #turn(reason: ResyncReason): Promise<void> {
    const { runtime, following, deletion, perform } = this.#context
    const found = deletion.lost(reason)
    if (found) this.#context.onError(found)
    if (deletion.isFound) this.#pace.slowDown()
    const waitMs = this.#paceOf(reason).waitMs(runtime.monotonic())
    if (waitMs === 0) return
    perform(following.resyncWaits())
    await delay(runtime, waitMs, this.#closed.signal)
    following.resyncBegins()
    if (this.#context.isStopped()) throw new ClosedError('The subscription is closed: it resyncs no more')
  }
}
