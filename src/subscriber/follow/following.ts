import { type Position, shortId } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { SubscriptionState } from '../progress/health.js'
import type { Look } from '../progress/look.js'
import type { HandledPart, HandledState } from '../progress/progress.js'
import { judgeArrival } from './continuity.js'
import { type Effect, type Handed, type LogFrame, noEffects, type Ticket } from './effect.js'
import { Heartbeats } from './heartbeats.js'
import { Intake, type IntakeContext, type Load } from './intake.js'
import { ArrivalBuffer, Reading, type ReadingOutcome } from './reading.js'
import { Strays } from './strays.js'

/**
 * Follows the log: the one owner of a subscription's position, buffer and state. It takes events and returns effects.
 * It does no I/O and reads no clock.
 *
 * Frames of the live channel are taken while they continue the history; if one does not, the log is read. One reading
 * runs at a time. Frames that arrive meanwhile are buffered, and judged when the reading has reached the end of the
 * log.
 */
export class Following {
  /** Frames out of place, which are looked up in the log; it takes the events of the answers. */
  readonly strays: Strays
  readonly #intake: Intake
  readonly #limits: Load
  readonly #strictFailover: boolean
  readonly #buffer = new ArrivalBuffer()
  #state: SubscriptionState = 'connecting'
  #linkUp = false
  #reading = false
  /** Counts the times the link came up: a reading that began before the last time proves nothing. */
  #epoch = 0
  #resyncWanted: { readonly reason: ResyncReason } | undefined
  readonly #heartbeats: Heartbeats
  /** Whether a resync is waiting: it covers all that arrives until it begins. */
  #resyncAhead = false

  constructor(context: IntakeContext, strictFailover: boolean) {
    this.#strictFailover = strictFailover
    this.#intake = new Intake(context)
    this.#heartbeats = new Heartbeats(this.#intake)
    this.#limits = context.limits
    this.strays = new Strays(this.#intake, context.limits, {
      onGap: (frame) => this.#gap(frame),
      onOverflow: () => this.#wantResync('overflow'),
    })
  }

  get state(): SubscriptionState {
    return this.#state
  }

  /** How far the handler has come. */
  get progress(): HandledPart {
    return this.#intake.progress
  }

  /** How many messages are kept until the log was read, or they were looked up. */
  get buffered(): number {
    return this.#buffer.messages + this.strays.messages
  }

  /** Whether so much more may wait for the handler. */
  hasRoom(more: Load): boolean {
    return this.#intake.hasRoom(more)
  }

  /** Whether this entry has been handled; entries before it may still be failing. Its append id alone may be forged. */
  isEntryHandled(position: Position): boolean {
    const { history, progress } = this.#intake
    const accepted = history.includes(position) ? history.sequenceOf(position.appendId) : undefined
    return accepted !== undefined && progress.hasHandled(accepted) && !progress.trust.isSkipped(position.appendId)
  }

  /** Whether the handled part has reached this entry, or the end of a log without an anchor entry. */
  isHandled(appendId: string | undefined, { sequence }: HandledState): boolean {
    const accepted = this.#intake.history.sequenceOf(appendId)
    return accepted !== undefined && accepted <= sequence
  }

  /** @param replicationId undefined if the server does not say */
  linkUp(replicationId: string | undefined): readonly Effect[] {
    this.#idRead(replicationId)
    this.#linkUp = true
    this.#epoch += 1
    this.#intake.history.unwatched()
    this.#heartbeats.linkUp()
    // Otherwise the state would stay `disconnected` until the reading ends.
    if (this.#reading) this.#setState('replaying')
    this.#read()
    return this.#intake.takeEffects()
  }

  linkDown(): readonly Effect[] {
    this.#linkUp = false
    this.#setState('disconnected')
    return this.#intake.takeEffects()
  }

  /** A frame of the log arrived on the live channel. */
  frame(frame: LogFrame): readonly Effect[] {
    if (this.#state === 'closed') return noEffects
    if (this.#resyncAhead) {
      this.#intake.early(frame)
      return this.#intake.takeEffects()
    }
    if (this.#reading || this.#state === 'connecting') {
      if (!this.#buffer.add(frame, this.#limits)) this.#lag()
      return this.#intake.takeEffects()
    }
    // A frame without room is read from the log when there is some.
    if (!this.#take(frame)) this.#read()
    return this.#intake.takeEffects()
  }

  /** A frame arrived that is not in the log: one that can't be taken can't be read again either. */
  foreignFrame(frame: Handed): readonly Effect[] {
    if (this.#state === 'closed') return noEffects
    if (!this.#intake.foreign(frame)) return this.resync('overflow')
    return this.#intake.takeEffects()
  }

  /** A look at the server has ended. */
  looked(look: Look): readonly Effect[] {
    const { trust } = this.#intake.progress
    const { number, head, completeAt } = look
    this.#idRead(look.replication.id)
    if (look.isSettled && !this.#strictFailover) trust.settled()
    // Before it has begun, nobody knows under which replication id nothing is missing.
    const isProof = completeAt !== undefined && trust.hasBegun && !trust.isDoubtful
    this.#intake.headRead(head, isProof ? { look: number, id: trust.current, completeAt } : undefined)
    if (look.isBeat) this.#beat(head)
    return this.#intake.takeEffects()
  }

  #beat(head: string | undefined): void {
    const hasMissed = this.#heartbeats.hasMissed(head)
    if (this.#reading || !this.#linkUp) return
    if (this.#state === 'lagging') this.#keepUp()
    if (!hasMissed) return
    this.#intake.gap()
    if (this.#heartbeats.missed(head) === 'read') this.#read()
    else this.#intake.add({ type: 'replace-feed' })
  }

  /** The publishers' checks do not count for a subscription that resyncs. */
  #idRead(replicationId: string | undefined): void {
    const raisesDoubt = this.#intake.progress.trust.idRead(shortId(replicationId))
    if (raisesDoubt && this.#strictFailover) this.#wantResync('failover')
  }

  #wantResync(reason: ResyncReason): void {
    this.#resyncWanted = { reason }
    this.#read()
  }

  /** Everything is to be evicted, whatever the log says. */
  resync(reason: ResyncReason): readonly Effect[] {
    this.#wantResync(reason)
    return this.#intake.takeEffects()
  }

  /** A resync waits for its turn: frames that have arrived or arrive meanwhile are handled, and no position moves. */
  resyncWaits(): readonly Effect[] {
    this.#resyncAhead = true
    for (const frame of this.#buffer.takeAll()) this.#intake.early(frame)
    return this.#intake.takeEffects()
  }

  /** The resync has its turn: frames that arrive from now on may be behind the head that it goes on from. */
  resyncBegins(): void {
    this.#resyncAhead = false
  }

  /** A frame that was handed over has been handled. */
  handled(ticket: Ticket): readonly Effect[] {
    this.#intake.handled(ticket)
    return this.#intake.takeEffects()
  }

  close(): readonly Effect[] {
    this.#setState('closed')
    this.#buffer.clear()
    this.strays.takeAll()
    return this.#intake.takeEffects()
  }

  /** Whether the log should still be read. If not, {@link readingsEnded} follows. */
  get wantsReading(): boolean {
    return this.#linkUp && this.#state !== 'closed'
  }

  /** The log is about to be read, or to be read again. */
  readingWanted(): readonly Effect[] {
    if (this.#state !== 'lagging') this.#setState('replaying')
    return this.#intake.takeEffects()
  }

  /** A reading of the log begins; its events are those of the object returned. */
  beginReading(): Reading {
    const epoch = this.#epoch
    const wanted = this.#resyncWanted
    return new Reading(this.#intake, this.#buffer, wanted?.reason, (outcome) => {
      if (outcome === 'lost-place') return false
      if (this.#resyncWanted === wanted) this.#resyncWanted = undefined
      return this.#judge(outcome, epoch)
    })
  }

  /** No more readings follow. */
  readingsEnded(): readonly Effect[] {
    this.#reading = false
    if (this.#linkUp) this.#keepUp()
    this.strays.readingsEnded()
    return this.#intake.takeEffects()
  }

  /** A reading has reached its end; false if the log must be read again. */
  #judge(outcome: ReadingOutcome, epoch: number): boolean {
    // It covers all that arrived until now. What continues its head is read from the log once more.
    if (outcome === 'resynced' && this.#buffer.messages > 0) this.#buffer.drop()
    if (epoch !== this.#epoch) this.#intake.history.unwatched()
    if (epoch !== this.#epoch || this.#buffer.dropped || this.#resyncWanted !== undefined) return false
    return this.#settle()
  }

  /** The end of the log was reached: judges what arrived meanwhile, in order; false if it must be read again. */
  #settle(): boolean {
    const { history } = this.#intake
    for (const frame of this.#buffer.takeSuspects()) {
      const { position, messages } = frame
      // A frame that neither the log has nor we accepted is of a replaced history; it still says what to evict.
      if (history.includes(position)) this.#intake.duplicate(messages.length)
      else if (!this.#intake.orphan(frame, true)) this.#resyncWanted = { reason: 'overflow' }
    }
    if (!this.#linkUp) return false
    for (let frame = this.#buffer.peek(); frame !== undefined; frame = this.#buffer.peek()) {
      if (!this.#take(frame)) return false
      this.#buffer.remove(frame.position.appendId)
    }
    return this.#resyncWanted === undefined
  }

  /** Takes a frame by the live rule; false if it continues the history and there is no room for it. */
  #take(frame: LogFrame): boolean {
    const { history } = this.#intake
    const verdict = judgeArrival(history.position, history, frame)
    // No position moves over an unreadable frame: the entry in the log decides.
    switch (verdict === 'deliver' && frame.rejected.length > 0 ? 'recover' : verdict) {
      case 'deliver':
        // A stray with the same position has another `prev`: one of the two is forged.
        if (this.strays.names.size > 0 && this.strays.awaits(frame.position)) return true
        if (!this.#intake.live(frame)) {
          this.#lag()
          return false
        }
        this.#heartbeats.deaf = 0
        return true
      case 'duplicate':
        this.#intake.duplicate(frame.messages.length)
        return true
      case 'recover':
        // A stray is looked up in the log. Frames that continue the history are taken meanwhile.
        if (this.#linkUp) this.strays.ask(frame)
        else this.#buffer.add(frame, this.#limits)
        return true
    }
  }

  /** The live channel did not continue the history: entries are missing before this frame of the log. */
  #gap(frame: LogFrame | undefined): void {
    if (frame) this.#buffer.add(frame, this.#limits)
    if (this.#linkUp) this.#intake.gap()
    this.#read()
  }

  #read(): void {
    if (this.#reading || !this.wantsReading) return
    this.#reading = true
    // The reading finds those that are in the log, and shows that the others are not ahead of us.
    for (const frame of this.strays.takeAll()) this.#buffer.add(frame, this.#limits)
    this.#intake.add({ type: 'read' })
  }

  #lag(): void {
    if (this.#linkUp) this.#setState('lagging')
  }

  /** Live again. Leaves `lagging` only when half the queue is free: otherwise the next frames would lag again. */
  #keepUp(): void {
    if (this.#state !== 'lagging' || this.#intake.isEased) this.#setState('live')
  }

  #setState(state: SubscriptionState): void {
    const previous = this.#state
    if (previous === state || previous === 'closed') return
    this.#state = state
    this.#intake.add({ type: 'state', state, previous })
  }
}
