import type { InvalidationMessage } from '../message/message.js'
import { timestampMs } from '../message/timestamp.js'
import type { Runtime } from '../support/runtime.js'
import type { StatsCollector } from './stats-collector.js'
import type { EvictSpan, FrameTelemetry, RecoverySpan, SubscriptionTelemetry, TracedFrame } from './telemetry.js'

export interface CountedContext {
  readonly stats: StatsCollector
  readonly runtime: Runtime
  /** Reads the wall clock, in ms with a fraction. */
  readonly now: () => number
  /** Who is told as well; undefined where the application has no OpenTelemetry. */
  readonly next: SubscriptionTelemetry | undefined
}

/** Counts what a subscription does for a StatsCollector, and passes it on. */
export class CountedSubscription implements SubscriptionTelemetry {
  readonly #context: CountedContext

  constructor(context: CountedContext) {
    this.#context = context
  }

  frame(frame: TracedFrame): FrameTelemetry {
    const { stats, next } = this.#context
    const { messages, origin } = frame
    if (origin.mode !== 'resync') stats.received(messages.length, origin.mode)
    return new CountedFrame(this.#context, frame, next?.frame(frame))
  }

  replay(): RecoverySpan | undefined {
    return this.#context.next?.replay()
  }

  resync(reason: string): RecoverySpan | undefined {
    return this.#context.next?.resync(reason)
  }

  resynced(reason: string): void {
    this.#context.stats.resynced()
    this.#context.next?.resynced(reason)
  }

  close(): void {
    this.#context.next?.close()
  }
}

/**
 * A frame and, since its messages are handed over one after another, whichever of them is at the handler: one object for
 * all, and one look at the wall clock.
 */
class CountedFrame implements FrameTelemetry, EvictSpan {
  readonly #stats: StatsCollector
  readonly #frame: TracedFrame
  readonly #next: FrameTelemetry | undefined
  /** What the wall clock is ahead of the monotonic one. */
  readonly #wallAhead: number
  #message: InvalidationMessage | undefined
  #nextEvict: EvictSpan | undefined
  #startedAt = 0
  #tries = 0
  #gaveUp = false

  constructor({ stats, runtime, now }: CountedContext, frame: TracedFrame, next: FrameTelemetry | undefined) {
    this.#stats = stats
    this.#frame = frame
    this.#next = next
    this.#wallAhead = now() - runtime.monotonic()
  }

  evict(index: number, startedAt: number): EvictSpan {
    this.#message = this.#frame.messages[index]
    this.#nextEvict = this.#next?.evict(index, startedAt)
    this.#startedAt = startedAt
    this.#tries = 0
    this.#gaveUp = false
    return this
  }

  run<T>(handler: () => T): T {
    if (this.#tries++ > 0) this.#stats.retried()
    return this.#nextEvict ? this.#nextEvict.run(handler) : handler()
  }

  tryFailed(error: Error, attempt: number): void {
    this.#nextEvict?.tryFailed(error, attempt)
  }

  gaveUp(error: Error, tries: number): void {
    this.#gaveUp = true
    this.#stats.deadLettered()
    this.#nextEvict?.gaveUp(error, tries)
  }

  ended(finished: boolean, endedAt: number): void {
    if (finished && !this.#gaveUp && this.#message) this.#count(this.#message, endedAt)
    this.#nextEvict?.ended(finished, endedAt)
  }

  end(): void {
    this.#next?.end()
  }

  #count({ action, timestamp }: InvalidationMessage, endedAt: number): void {
    const published = this.#frame.origin.mode === 'resync' ? undefined : timestampMs(timestamp)
    const propagationMs = published === undefined ? undefined : endedAt + this.#wallAhead - published
    this.#stats.handled(action, propagationMs, endedAt - this.#startedAt, endedAt)
  }
}
