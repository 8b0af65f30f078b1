import type { InvalidationMessage } from '../../../../src/message/message.js'
import type { CursorContext } from '../../../../src/subscriber/handling/cursor.js'
import type { InvalidationHandler, Origin, Work } from '../../../../src/subscriber/handling/delivery.js'
import { Dispatcher } from '../../../../src/subscriber/handling/dispatcher.js'
import type { DispatcherContext } from '../../../../src/subscriber/handling/dispatcher-context.js'
import type { RetryPolicy } from '../../../../src/subscriber/handling/failing.js'
import type { InvalidationError } from '../../../../src/support/errors.js'
import { SubscriptionCounters } from '../../../../src/telemetry/counters.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

/** For cursors that are not kept in Redis. */
export const cursorContext: CursorContext = {
  channel: 'cache:invalidate',
  loadCursor: () => Promise.reject(new Error('not asked for')),
  saveCursor: () => Promise.reject(new Error('not asked for')),
}

export const live: Origin = { mode: 'live', position: '1-1@abcdefgh1' }

export function message(messageId: string): InvalidationMessage {
  return {
    action: 'delete',
    entityType: 'user',
    entityId: messageId,
    messageId,
    timestamp: '2026-11-22T10:00:00.000Z',
    sourceService: 'user-service',
  }
}

export const retry: RetryPolicy = {
  forMs: 1_000,
  tries: 1_000_000,
  minDelayMs: 100,
  maxDelayMs: 5_000,
  maxWaiting: 1_000,
  order: 'any',
}

/** Two tries: the second comes when the time is over. */
export const twice: RetryPolicy = { ...retry, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }

/** A promise with its two ends. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

export interface GivenUp {
  readonly id: string
  readonly origin: Origin
  readonly error: InvalidationError
  readonly tries: number
}

/** A dispatcher in virtual time, and all that it told. */
export class Bench {
  readonly runtime = new VirtualRuntime()
  readonly counters = new SubscriptionCounters()
  readonly handled: string[] = []
  readonly givenUp: GivenUp[] = []
  readonly errors: Error[] = []
  readonly dispatcher: Dispatcher

  constructor(handler: InvalidationHandler, options: Partial<DispatcherContext> = {}) {
    this.dispatcher = new Dispatcher({
      handler,
      concurrency: 1,
      retry,
      reportAfterMs: Infinity,
      handlerTimeoutMs: 30_000,
      runtime: this.runtime,
      counters: this.counters,
      onGivenUp: ({ message: { messageId }, origin, error, tries }) => {
        this.givenUp.push({ id: messageId, origin, error, tries })
      },
      onError: (error) => {
        this.errors.push(error)
      },
      ...options,
    })
  }

  /** A frame whose handling is noted under `name`. */
  work(name: string, ids: readonly string[], origin: Origin = live): Work {
    return { messages: ids.map(message), origin, handled: () => this.handled.push(name) }
  }

  /** Pushes each frame as a task of its own; a frame is named after its messages. */
  push(...frames: readonly (readonly string[])[]): void {
    for (const ids of frames) this.dispatcher.push([this.work(ids.join(), ids)])
  }

  /** Resolves when all that was pushed is finished, or the dispatcher is closed. */
  ended(): Promise<void> {
    return this.dispatcher.when(() => this.dispatcher.pending === 0)
  }

  /** Waits in virtual time until all is handled. */
  async idle(): Promise<void> {
    await this.runtime.runUntil(this.ended(), 3_600_000)
  }
}
