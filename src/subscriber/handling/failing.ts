import type { InvalidationMessage } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
import type { Runtime, Timer } from '../../support/runtime.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { EvictSpan } from '../../telemetry/telemetry.js'
import type { Origin } from './delivery.js'
import { evictsAll, type Failure } from './retry.js'

/** Limits and delays for retrying a failing handler. */
export interface RetryPolicy {
  /** How long after its first failure a message is tried again, in ms. */
  readonly forMs: number
  /** How often it is tried in total. */
  readonly tries: number
  /** The bounds of the ceiling of the delay before the next try. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** How many messages wait in the lane before a failing one holds up its line. */
  readonly maxWaiting: number
  /** `strict`: each failing message holds up its line. */
  readonly order: 'any' | 'strict'
}

/**
 * The outcome of a message. `covered`: the handler has evicted everything since; `cut-short`: the subscription closed.
 */
export type HandlingOutcome = 'handled' | 'covered' | 'given-up' | 'cut-short'

/** A message on its way through the handler. */
export interface Handling {
  readonly message: InvalidationMessage
  readonly origin: Origin
  /** The trace that the message carried. */
  readonly trace?: TraceContext | undefined
  readonly span?: EvictSpan | undefined
  /** When it was first handed to the handler, on the monotonic clock. */
  readonly startedAt: number
  /** When it was made, in ms since the epoch; absent if only its timestamp says so. */
  readonly sentAt?: number | undefined
}

/** Events of a message in the lane. */
export interface HandlingListener {
  /** Called once. */
  ended(outcome: HandlingOutcome, now: number): void
}

export interface Handed {
  readonly handling: Handling
  readonly listener: HandlingListener
}

/** A message that was given up. */
export interface GivenUp {
  readonly message: InvalidationMessage
  readonly origin: Origin
  readonly trace: TraceContext | undefined
  readonly error: Failure
  readonly tries: number
  /** Its number among failed messages. If everything has been evicted since, `onCovered` names it or a higher one. */
  readonly place: number
}

export interface RetryLaneContext {
  readonly retry: RetryPolicy
  /**
   * The reaction to a dead letter: `resync` evicts everything before the message counts as finished. Default `keep`.
   */
  readonly onDeadLetter?: 'resync' | 'keep'
  /** A handler that fails for longer is reported, in ms. */
  readonly reportAfterMs: number
  readonly runtime: Runtime
  readonly counters: SubscriptionCounters
  /** Called when a message is given up, before it counts as finished; awaited. */
  onGivenUp(givenUp: GivenUp): void | Promise<void>
  /** A message no longer holds up its line. */
  onAside?(): void
  /** Everything has been evicted; when that try began, the given number of messages had failed. */
  onCovered?(place: number): void
  onError(error: Error): void
}

/**
 * - `waiting`: for its next try
 * - `busy`: a try runs, or its dead letter is being stored
 * - `given-up`: not tried again; waits for everything to be evicted
 * - `left`: has ended
 */
type FailingState = 'waiting' | 'busy' | 'given-up' | 'left'

/** A message in the lane. */
export class Failing {
  readonly place: number
  readonly handling: Handling
  readonly listener: HandlingListener
  readonly evictsAll: boolean
  state: FailingState = 'waiting'
  /** Its number in the order of entering the lane. */
  tries = 0
  /** When it first failed; undefined before. */
  failedAt: number | undefined
  failure: Failure | undefined
  timer: Timer | undefined
  spanEnded = false
  /** Whether it holds up no others. */
  isAside = false
  /** Whether a newer one is tried in its place. */
  rests = false
  /** Whether it is given up if the next try fails. */
  isLast = false
  /** Whether everything was evicted while it was busy. */
  covered = false
  /** Lets its line go on, if it holds it up. */
  release: (() => void) | undefined

  constructor(place: number, handling: Handling, listener: HandlingListener) {
    this.place = place
    this.handling = handling
    this.evictsAll = evictsAll(handling.message)
    this.listener = listener
  }
}

/** The failed messages of a work, and its line, until all of them have ended. */
export class Unfinished {
  left = 1
  readonly #finish: () => void

  constructor(finish: () => void) {
    this.#finish = finish
  }

  ended(): void {
    this.left -= 1
    if (this.left === 0) this.#finish()
  }
}
