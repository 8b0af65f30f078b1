import type { ResyncReason } from '../../log/model/resync-reason.js'
import { backoffMs } from '../../support/backoff.js'
import { Outage } from '../../support/outage.js'
import { delay, type Runtime } from '../../support/runtime.js'
import type { SubscriptionState } from '../progress/health.js'
import type { Progress } from '../progress/progress.js'
import type { ArrivalBuffer, Load, LogFrame } from './arrival-buffer.js'
import { judgeArrival } from './continuity.js'
import type { Intake } from './intake.js'
import type { Recovery } from './recovery.js'

export interface FollowerContext {
  readonly runtime: Runtime
  /** What of the live channel may wait while the log is read. */
  readonly limits: Load
  readonly progress: Progress
  readonly intake: Intake
  readonly recovery: Recovery
  onState(state: SubscriptionState, previous: SubscriptionState): void
  onGap(): void
  onError(error: Error): void
  /** The live channel delivers nothing although its connection looks well. */
  replaceFeed(): void
}

/** Recoveries in a row that a heartbeat had to start before the Pub/Sub connection is taken to be deaf. */
const deafAfter = 2

/**
 * Follows the log: takes frames from the live channel while they continue the history, and reads the log wherever they
 * do not. One reading runs at a time; what arrives meanwhile is buffered and judged when it has reached the end.
 */
export class Follower {
  readonly #context: FollowerContext
  readonly #buffer: ArrivalBuffer
  #state: SubscriptionState = 'connecting'
  #linkUp = false
  #reading = false
  /** Counts the times the link came up: a reading that began before the last time proves nothing. */
  #epoch = 0
  #resyncWanted: { readonly reason: ResyncReason } | undefined
  /** Readings in a row that a frame outside our history caused. */
  #strays = 0
  #deafBeats = 0
  #previousBeat: { readonly head: string | undefined } | undefined

  constructor(context: FollowerContext, buffer: ArrivalBuffer) {
    this.#context = context
    this.#buffer = buffer
  }

  get state(): SubscriptionState {
    return this.#state
  }

  linkUp(): void {
    this.#linkUp = true
    this.#epoch += 1
    this.#previousBeat = undefined
    // A reading that waits for the handler would go on being called disconnected until it ends.
    if (this.#reading) this.#setState('replaying')
    this.#recover()
  }

  linkDown(): void {
    this.#linkUp = false
    this.#setState('disconnected')
  }

  /** Evicts everything, whatever the log says. */
  resync(reason: ResyncReason): void {
    this.#resyncWanted = { reason }
    this.#recover()
  }

  /** A frame of the log arrived on the live channel. */
  arrive(frame: LogFrame): void {
    if (this.#state === 'closed') return
    if (this.#reading || this.#state === 'connecting') {
      if (!this.#buffer.add(frame, this.#context.limits)) this.#lag()
      return
    }
    const taken = this.#take(frame)
    if (taken === 'taken') return
    // What there is no room for is read from the log when there is.
    if (taken === 'full') this.#lag()
    else this.#buffer.add(frame, this.#context.limits)
    this.#recover()
  }

  /** A message that is not in the log arrived: what can't be taken can't be read again either. */
  arriveForeign(take: () => boolean): void {
    if (this.#state !== 'closed' && !take()) this.resync('overflow')
  }

  /** A heartbeat has read the head of the log; `sentAt` is when, on the monotonic clock. */
  beat(head: string | undefined, sentAt: number): void {
    const { progress } = this.#context
    progress.headRead(head, sentAt)
    const previous = this.#previousBeat
    this.#previousBeat = { head }
    if (this.#reading || !this.#linkUp) return
    if (this.#state === 'lagging') this.#keepUp()
    if (previous === undefined || !this.#hasMissed(previous.head, head)) return
    this.#context.onGap()
    this.#deafBeats += 1
    if (this.#deafBeats < deafAfter) {
      this.#recover()
      return
    }
    this.#deafBeats = 0
    this.#context.replaceFeed()
  }

  close(): void {
    this.#setState('closed')
    this.#buffer.clear()
  }

  #hasMissed(previous: string | undefined, head: string | undefined): boolean {
    const { progress } = this.#context
    if (previous !== undefined) return !progress.hasReached(previous)
    // Twice no head at all: the log that our position stood in is gone.
    return head === undefined && progress.position !== undefined
  }

  /** The live rule. `full`: it continues the history, and there is no room for it. */
  #take(frame: LogFrame): 'taken' | 'full' | 'recover' {
    const { progress, intake } = this.#context
    const { position, prev, messages } = frame
    switch (judgeArrival(progress.position, progress.accepted, { appendId: position.appendId, prev })) {
      case 'deliver':
        if (!intake.takeLive(frame)) return 'full'
        this.#strays = 0
        this.#deafBeats = 0
        return 'taken'
      case 'duplicate':
        intake.countDuplicates(messages.length)
        return 'taken'
      case 'recover':
        if (this.#linkUp) this.#context.onGap()
        return 'recover'
    }
  }

  #recover(): void {
    if (this.#reading || !this.#linkUp || this.#state === 'closed') return
    this.#reading = true
    void this.#read()
  }

  async #read(): Promise<void> {
    const { runtime, recovery } = this.#context
    let failures = 0
    const outage = new Outage((error) => this.#context.onError(error))
    while (this.#linkUp && !this.#closed) {
      if (this.#state !== 'lagging') this.#setState('replaying')
      if (this.#strays > 1) await delay(runtime, backoffMs(this.#strays - 2, runtime))
      const epoch = this.#epoch
      const wanted = this.#resyncWanted
      this.#buffer.beginReading()
      try {
        const outcome = await recovery.run(wanted?.reason)
        failures = 0
        outage.ended()
        if (outcome === 'lost-place') continue
        if (this.#resyncWanted === wanted) this.#resyncWanted = undefined
        // It covers all that arrived until now. What continues its head is read from the log once more.
        if (outcome === 'resynced' && this.#buffer.messages > 0) this.#buffer.drop()
        if (epoch !== this.#epoch || this.#buffer.dropped || this.#resyncWanted !== undefined) continue
        if (this.#settle()) break
      } catch (error) {
        if (!this.#linkUp || this.#closed) break
        outage.failed(error)
        await delay(runtime, backoffMs(failures++, runtime))
      }
    }
    this.#reading = false
    if (this.#linkUp) this.#keepUp()
  }

  /** The end of the log was reached: judges what arrived meanwhile, in order; false where it must be read again. */
  #settle(): boolean {
    this.#settleSuspects(this.#buffer.takeSuspects())
    for (let frame = this.#buffer.peek(); frame !== undefined; frame = this.#buffer.peek()) {
      const taken = this.#take(frame)
      if (taken === 'full') this.#lag()
      if (taken !== 'taken') return false
      this.#buffer.remove(frame.position.appendId)
    }
    return true
  }

  /** What the log does not have, and we have not accepted, is of a history that lost; it still says what to evict. */
  #settleSuspects(suspects: readonly LogFrame[]): void {
    const { progress, intake } = this.#context
    const isAccepted = ({ position }: LogFrame): boolean => progress.accepted.has(position.appendId)
    const strays = suspects.filter((frame) => !isAccepted(frame))
    if (strays.length > 0) this.#strays += 1
    for (const frame of strays) intake.takeOrphan(frame)
    for (const frame of suspects.filter(isAccepted)) intake.countDuplicates(frame.messages.length)
  }

  #lag(): void {
    if (this.#linkUp) this.#setState('lagging')
  }

  /** Live; who lagged is once half of its queue is worked off: while that is all but full, the next frames lag again. */
  #keepUp(): void {
    if (this.#state !== 'lagging' || this.#context.intake.isEased) this.#setState('live')
  }

  get #closed(): boolean {
    return this.#state === 'closed'
  }

  #setState(state: SubscriptionState): void {
    const previous = this.#state
    if (previous === state || previous === 'closed') return
    this.#state = state
    this.#context.onState(state, previous)
  }
}
