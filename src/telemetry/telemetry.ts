import type { Invalidation, InvalidationMessage } from '../message/message.js'
import type { TraceContext } from '../message/trace-context.js'
import type { MeasuredCacheCounts, SubscriptionCounters } from './counters.js'

/**
 * What the flow tells of itself: the one seam between it and OpenTelemetry. Where nobody looks, each question is
 * answered with undefined, and nothing more is asked.
 */
export interface PublisherTelemetry {
  /** A `publish()` began; undefined where neither a span nor a metric comes of it. */
  publish(): PublishSpan | undefined
  /** So many messages were appended. */
  appended(messages: number): void
  /** The connection came back. */
  reconnected(): void
  /** The publisher is closed: nothing of it is measured any more. */
  close(): void
}

/** One `publish()`, from the call to its settlement. */
export interface PublishSpan {
  /** What its message carries, so that what it causes elsewhere belongs to it. */
  readonly traceContext: TraceContext | undefined
  /** Whether what becomes of it is recorded; else nobody need tell, and its message only carries the context. */
  readonly isRecorded: boolean
  /** It was accepted, as this message. */
  accepted(messageId: string, invalidation: Invalidation): void
  /** It has to wait in the send queue, with so many messages. */
  queued(waiting: number): void
  /** It left the send queue. Reported only if it had to wait. */
  sent(): void
  /** It was appended; under another message id where that message stands for it. */
  appended(messageId: string, position: string): void
  failed(error: unknown): void
}

/** What a dispatcher tells. */
export interface DeliveryTelemetry {
  /** A frame is about to be handed over; undefined where nobody looks. */
  frame(frame: TracedFrame): FrameTelemetry | undefined
}

/** A frame to be handed over, with the traces that its messages belong to. */
export interface TracedFrame {
  readonly messages: readonly InvalidationMessage[]
  /** Of the message at the same place; absent where none has one. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
  readonly origin: { readonly mode: 'live' | 'replay' | 'resync'; readonly position?: string }
  /** The recovery that handed it over. */
  readonly recovery?: RecoverySpan | undefined
}

/** Its messages are handed over one after another. Moments are those of the monotonic clock, read once for all. */
export interface FrameTelemetry {
  /** The message at this place is handed to the handler, and the one before has ended. */
  evict(index: number, startedAt: number): EvictSpan | undefined
  /** No more of its messages are handed over: all were, or closing cut it short. */
  end(): void
}

/** One message at one handler, from the first try to the end of the last. */
export interface EvictSpan {
  /** Runs a try, whose own spans then belong to this one. */
  run<T>(handler: () => T): T
  /** A try failed, and another one follows, unless closing comes first. */
  tryFailed(error: Error, attempt: number): void
  /** The last try failed. */
  gaveUp(error: Error, tries: number): void
  /** Whether it was handled or given up, or closing cut it short. */
  ended(finished: boolean, endedAt: number): void
}

/** What a subscription tells. */
export interface SubscriptionTelemetry extends DeliveryTelemetry {
  /** The log is about to be read for what was missed. */
  replay(): RecoverySpan | undefined
  /** Everything is about to be evicted, if the log can be asked for its head. */
  resync(reason: string): RecoverySpan | undefined
  /** The subscription is closed: nothing of it is measured any more. */
  close(): void
}

/** A replay or a resync. What it hands over belongs to it, and links to the publishes it makes up for. */
export interface RecoverySpan {
  /** It makes up for the publishes of these traces: links to the first few of them. */
  makesUpFor(traces: readonly (TraceContext | undefined)[]): void
  /** The position before, how many entries and messages it was, and whatever else is known at its end. */
  end(facts: RecoveryFacts): void
  failed(error: unknown): void
}

export interface RecoveryFacts {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly entries?: number
  readonly messages?: number
  readonly forked?: boolean
  readonly missed?: number | undefined
}

/** A subscription, as far as it is read when metrics are collected. */
export interface MeasuredSubscription {
  /** Empty if it has none. */
  readonly name: string
  readonly counters: SubscriptionCounters
  readonly gauges: () => SubscriptionGauges
}

/** How a subscription is at the moment. */
export interface SubscriptionGauges {
  readonly lagMs: number
  readonly behind: number
  /** How many of them failed at the handler, and are tried again. */
  readonly retrying: number
  /**
   * How long ago everything appended was last known to be handled, in ms; before the first time, since the beginning.
   */
  readonly unverifiedMs: number
}

/** What a cache reports. */
export interface CacheTelemetry {
  /** A loader is about to be called; undefined if nobody looks. */
  load(begun: BegunLoads): LoadSpan | undefined
  /** The cache is closed: what is in it is not measured any more. */
  close(): void
}

/** Loads of one read, which begin together. */
export interface BegunLoads {
  readonly keys: number
  /** Undefined unless an entity loads: any other key may be personal, and so may be a part of it. */
  readonly entityType: string | undefined
}

/** The loads of one read, from the call of the loader to the end of the last. */
export interface LoadSpan {
  /** Calls the loader, whose own spans then belong to this one. */
  run(load: () => void): void
  /** The load of one key has ended. */
  ended(load: EndedLoad): void
}

export interface EndedLoad {
  /** Why the key was loaded. */
  readonly reason: string
  readonly outcome: LoadOutcome
  readonly durationMs: number
  /** What it failed with. */
  readonly error: unknown
}

/** How the load of a key ended: `skipped` if its value may not be kept, though nothing is newer. */
export type LoadOutcome = 'stored' | 'fenced' | 'skipped' | 'failed'

/** A cache, as far as it is read when metrics are collected. */
export interface MeasuredCache {
  /** Empty if it has none. */
  readonly name: string
  readonly counters: MeasuredCacheCounts
  readonly gauges: () => CacheGauges
}

/** What is in a cache at the moment. */
export interface CacheGauges {
  readonly entries: number
  readonly bytes: number
  /** Loads that run. */
  readonly running: number
}

/** Ends the span with the error of a step that failed. */
export async function watched<T>(span: RecoverySpan | undefined, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    span?.failed(error)
    throw error
  }
}
