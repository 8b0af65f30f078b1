import { timestampMs } from '../message/timestamp.js'
import type { Runtime } from '../runtime.js'
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

class CountedFrame implements FrameTelemetry {
  readonly #context: CountedContext
  readonly #frame: TracedFrame
  readonly #next: FrameTelemetry | undefined

  constructor(context: CountedContext, frame: TracedFrame, next: FrameTelemetry | undefined) {
    this.#context = context
    this.#frame = frame
    this.#next = next
  }

  evict(index: number): EvictSpan {
    return new CountedEvict(this.#context, this.#frame, index, this.#next?.evict(index))
  }

  end(): void {
    this.#next?.end()
  }
}

class CountedEvict implements EvictSpan {
  readonly #context: CountedContext
  readonly #frame: TracedFrame
  readonly #index: number
  readonly #next: EvictSpan | undefined
  readonly #startedAt: number
  #tries = 0
  #gaveUp = false

  constructor(context: CountedContext, frame: TracedFrame, index: number, next: EvictSpan | undefined) {
    this.#context = context
    this.#frame = frame
    this.#index = index
    this.#next = next
    this.#startedAt = context.runtime.monotonic()
  }

  run<T>(handler: () => T): T {
    if (this.#tries++ > 0) this.#context.stats.retried()
    return this.#next ? this.#next.run(handler) : handler()
  }

  tryFailed(error: Error, attempt: number): void {
    this.#next?.tryFailed(error, attempt)
  }

  gaveUp(error: Error, tries: number): void {
    this.#gaveUp = true
    this.#context.stats.deadLettered()
    this.#next?.gaveUp(error, tries)
  }

  end(finished: boolean): void {
    if (finished && !this.#gaveUp) this.#count()
    this.#next?.end(finished)
  }

  #count(): void {
    const { stats, runtime, now } = this.#context
    const { messages, origin } = this.#frame
    const message = messages[this.#index]
    if (!message) return
    const endedAt = runtime.monotonic()
    const published = origin.mode === 'resync' ? undefined : timestampMs(message.timestamp)
    const propagationMs = published === undefined ? undefined : now() - published
    stats.handled(message.action, propagationMs, endedAt - this.#startedAt, endedAt)
  }
}
