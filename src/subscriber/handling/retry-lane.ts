import { ClosedError, HandlerError } from '../../support/errors.js'
import { Fifo } from '../../support/fifo.js'
import { Outage } from '../../support/outage.js'
import type { Timer } from '../../support/runtime.js'
import { describeThrown, toError } from '../../support/thrown.js'
import {
  Failing,
  type Handed,
  type Handling,
  type HandlingListener,
  type HandlingOutcome,
  type RetryLaneContext,
} from './failing.js'
import type { Failure, Outcome, Tries } from './retry.js'

/** How many tries of messages in the lane run at once, so that a store that has just come back is not flooded. */
const maxRunning = 10

/** Least time from one resync for dead letters to the next, in ms. */
const coverEveryMs = 60_000

/**
 * Messages on which the handler failed, beside the line of new ones. They are tried again until the handler succeeds,
 * everything is evicted by a try that began after they failed, or they are given up.
 */
export class RetryLane {
  readonly #context: RetryLaneContext
  readonly #tries: Tries
  /** Makes the message of a resync for dead letters; undefined if none is handed over. */
  readonly #resync: () => Handed | undefined
  readonly #outage: Outage
  /** In the order of their places. */
  readonly #failing = new Map<number, Failing>()
  readonly #due = new Fifo<Failing>()
  /** Lines that go on when there is room. */
  readonly #heldUp = new Fifo<() => void>()
  readonly #underWay = new Set<Promise<void>>()
  /** How many messages have failed. An eviction of everything covers those that failed before its try began. */
  entered = 0
  /** How many messages failed and have not ended, and how many of them hold up no others. */
  retrying = 0
  aside = 0
  /** How many of them rest: a newer one evicts everything, and is tried in their place. */
  resting = 0
  /** The newest that evicts everything, if it holds up no others. */
  #newestEvictAll: Failing | undefined
  #coverTimer: Timer | undefined
  #cover: Failing | undefined
  #nextCoverAt = -Infinity
  /** How many wait for everything to be evicted. */
  #givenUp = 0
  #running = 0
  #stopped = false
  #abandoned = false

  constructor(context: RetryLaneContext, tries: Tries, resync: () => Handed | undefined) {
    this.#context = context
    this.#tries = tries
    this.#resync = resync
    this.#outage = new Outage((error) => context.onError(error))
  }

  /** Time of the oldest first failure among the failing messages, on the monotonic clock; undefined if none fails. */
  get failingSince(): number | undefined {
    for (const { failedAt } of this.#failing.values()) if (failedAt !== undefined) return failedAt
    return undefined
  }

  /** The last error of the message that has failed for longest; undefined if none fails. */
  get failure(): Failure | undefined {
    for (const { failure } of this.#failing.values()) if (failure !== undefined) return failure
    return undefined
  }

  /** Takes a message whose first try has failed. Undefined if its line may go on, else resolves when it may. */
  take(handling: Handling, failure: Failure, listener: HandlingListener): Promise<void> | undefined {
    const failing = this.#enter(handling, listener)
    failing.tries = 1
    this.retrying += 1
    const { order } = this.#context.retry
    let goesOn: Promise<void> | undefined
    if (order === 'strict') {
      goesOn = new Promise((resolve) => (failing.release = resolve))
    } else {
      this.#setAside(failing)
    }
    if (failing.isAside && failing.evictsAll) this.#replaceEvictAll(failing)
    if (order === 'any' && this.#excess > 0 && !this.#stopped)
      goesOn = new Promise((resolve) => this.#heldUp.push(resolve))
    this.#failed(failing, failure)
    return goesOn
  }

  /** A handler has evicted everything; when that try began, the given number of messages had entered. */
  cover(place: number): void {
    for (const failing of this.#failing.values()) {
      if (failing.place > place) break
      // Waits for a running try: it must not end after its message has.
      if (failing.state === 'busy') failing.covered = true
      else this.#leave(failing, 'covered')
    }
    this.#context.onCovered?.(place)
  }

  /** From now on no try is begun; messages that wait for one are cut short. Tries that run go on. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelCover()
    let cutShort = 0
    let last: Failure | undefined
    for (const failing of this.#failing.values()) {
      if (failing.state === 'busy') continue
      if (failing.state === 'waiting' && failing.failure) {
        cutShort += 1
        last = failing.failure
      }
      this.#leave(failing, 'cut-short')
    }
    if (last) this.#context.onError(describeCutShort(cutShort, last))
    for (let goOn = this.#heldUp.shift(); goOn; goOn = this.#heldUp.shift()) goOn()
  }

  /** Tries under way no longer count. */
  abandon(): void {
    this.#abandoned = true
  }

  /** Resolves when all tries under way have ended; after `stop()` no more begin. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #enter(handling: Handling, listener: HandlingListener): Failing {
    this.entered += 1
    const failing = new Failing(this.entered, handling, listener)
    this.#failing.set(failing.place, failing)
    return failing
  }

  #failed(failing: Failing, failure: Failure): void {
    const { runtime, retry, reportAfterMs } = this.#context
    const now = runtime.monotonic()
    failing.failedAt ??= now
    failing.failure = failure
    failing.state = 'waiting'
    const failsForMs = now - failing.failedAt
    if (failing.covered) this.#leave(failing, 'covered')
    else if (failing.isLast || (!failing.evictsAll && (failsForMs >= retry.forMs || failing.tries >= retry.tries)))
      this.#begin(failing, this.#giveUp(failing, failure))
    else {
      failing.handling.span?.tryFailed(failure, failing.tries)
      if (this.#stopped) {
        this.#leave(failing, 'cut-short')
        this.#context.onError(describeCutShort(1, failure))
        return
      }
      if (failsForMs >= reportAfterMs) this.#outage.failed(failure)
      if (failing.rests) return
      failing.timer = runtime.after(this.#delayOf(failing, failsForMs), () => this.#isDue(failing))
    }
  }

  /**
   * Full jitter: a random delay between zero and a ceiling that doubles, so that services do not retry in step. The
   * last try comes when the time is over.
   */
  #delayOf(failing: Failing, failsForMs: number): number {
    const { minDelayMs, maxDelayMs, forMs } = this.#context.retry
    const delayMs = this.#context.runtime.random() * Math.min(maxDelayMs, minDelayMs * 2 ** (failing.tries - 1))
    if (failing.evictsAll || delayMs < forMs - failsForMs) return delayMs
    failing.isLast = true
    return forMs - failsForMs
  }

  #isDue(failing: Failing): void {
    failing.timer = undefined
    this.#due.push(failing)
    this.#pump()
  }

  #pump(): void {
    while (!this.#stopped && this.#running < maxRunning) {
      const failing = this.#due.shift()
      if (failing === undefined) return
      if (failing.state === 'waiting' && !failing.rests) this.#begin(failing, this.#tryAgain(failing))
    }
  }

  #begin(failing: Failing, doing: Promise<void>): void {
    failing.state = 'busy'
    const underWay = doing.finally(() => {
      this.#underWay.delete(underWay)
    })
    this.#underWay.add(underWay)
  }

  async #tryAgain(failing: Failing): Promise<void> {
    const { message, origin, span } = failing.handling
    const mark = this.entered
    failing.tries += 1
    if (failing.tries > 1) this.#context.counters.retries += 1
    // In a turn of its own, so that the lane knows of it before the handler can do anything.
    this.#running += 1
    await Promise.resolve()
    const outcome: Outcome = await this.#tries.run(message, origin, failing.tries, span)
    this.#running -= 1
    if (outcome instanceof ClosedError) this.#leave(failing, 'cut-short')
    else if (outcome !== undefined) this.#failed(failing, outcome)
    else {
      this.#leave(failing, 'handled')
      if (failing.evictsAll) this.cover(mark)
    }
    this.#pump()
  }

  async #giveUp(failing: Failing, error: Failure): Promise<void> {
    const { counters, runtime, onDeadLetter } = this.#context
    const { message, origin, trace, span } = failing.handling
    const { tries, place } = failing
    counters.deadLetters += 1
    span?.gaveUp(error, tries)
    try {
      await this.#context.onGivenUp({ message, origin, trace, error, tries, place })
    } catch (thrown) {
      this.#context.onError(toError(thrown))
    }
    span?.ended(!this.#abandoned, runtime.monotonic())
    failing.spanEnded = true
    if (this.#abandoned) this.#leave(failing, 'cut-short')
    else if (onDeadLetter !== 'resync' || failing.covered) this.#leave(failing, 'given-up')
    else if (this.#stopped) this.#leave(failing, 'cut-short')
    else {
      failing.state = 'given-up'
      this.#givenUp += 1
      if (failing.release) {
        this.#setAside(failing)
        failing.release()
      }
      this.#wantCover()
    }
  }

  /**
   * Evicts everything, so that given-up messages count as finished: now, or once the last eviction is long enough ago.
   */
  #wantCover(): void {
    if (this.#stopped || this.#coverTimer || this.#cover) return
    const { runtime } = this.#context
    this.#coverTimer = runtime.after(Math.max(0, this.#nextCoverAt - runtime.monotonic()), () => {
      this.#coverTimer = undefined
      this.#nextCoverAt = runtime.monotonic() + coverEveryMs
      const resync = this.#resync()
      if (resync === undefined) {
        this.cover(this.entered)
        return
      }
      this.#cover = this.#enter(resync.handling, resync.listener)
      this.#isDue(this.#cover)
    })
  }

  #leave(failing: Failing, outcome: HandlingOutcome): void {
    const now = this.#context.runtime.monotonic()
    const { handling, listener, state, release, timer } = failing
    this.#failing.delete(failing.place)
    failing.state = 'left'
    timer?.cancel()
    if (!failing.spanEnded) handling.span?.ended(outcome !== 'cut-short', now)
    if (state === 'given-up') this.#givenUp -= 1
    if (this.#cover === failing) this.#cover = undefined
    else this.retrying -= 1
    if (failing.isAside) this.aside -= 1
    if (failing.rests) this.resting -= 1
    if (this.#newestEvictAll === failing) this.#newestEvictAll = undefined
    if (this.#failing.size === 0) this.#outage.ended()
    listener.ended(outcome, now)
    release?.()
    this.#letGo()
    if (this.#givenUp > 0) this.#wantCover()
    else this.#cancelCover()
  }

  /** How many messages are above the limit. */
  get #excess(): number {
    return Math.max(0, this.#failing.size - this.resting - this.#context.retry.maxWaiting)
  }

  /** One line is held up for each message above the limit. */
  #letGo(): void {
    while (this.#heldUp.length > this.#excess) this.#heldUp.shift()?.()
  }

  /**
   * A success of the newest message that evicts everything covers the older ones, so they rest: if the handler can't do
   * it at all, they would fill the lane for good. It is tried without end, so it never leaves them behind.
   */
  #replaceEvictAll(newest: Failing): void {
    const older = this.#newestEvictAll
    this.#newestEvictAll = newest
    if (older === undefined) return
    older.rests = true
    older.timer?.cancel()
    this.resting += 1
    this.#letGo()
  }

  /** It no longer holds up its line. */
  #setAside(failing: Failing): void {
    failing.isAside = true
    this.aside += 1
    this.#context.onAside?.()
  }

  #cancelCover(): void {
    this.#coverTimer?.cancel()
    this.#coverTimer = undefined
  }
}

function describeCutShort(messages: number, last: Failure): HandlerError {
  const what = messages === 1 ? 'a message' : `${messages} messages`
  const text = `The subscription was closed while ${what} waited for the handler to be tried again, and a saved position stays before the first: ${describeThrown(last)}`
  return new HandlerError(text, { cause: last })
}
