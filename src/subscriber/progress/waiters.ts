import type { Position } from '../../log/model/position.js'
import { ClosedError } from '../../support/errors.js'
import { abortSignal, resolveOptions, type RulesOf, wholeNumber } from '../../support/option-rules.js'
import type { Runtime } from '../../support/runtime.js'
import { type Delay, waitTimeout } from './delay.js'
import type { HandledState } from './progress.js'

/** How long to wait, and what ends the waiting early. */
export interface WaitOptions {
  /** In ms; rejects with `WaitTimeoutError` after that. Default 10,000. */
  readonly timeoutMs?: number
  /** Ends the waiting: rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal
}

export const waitRules = {
  timeoutMs: wholeNumber({ default: 10_000, unit: 'ms', min: 0, max: 24 * 60 * 60_000 }),
  signal: abortSignal,
} satisfies RulesOf<WaitOptions>

interface Waiter {
  readonly born: number
  readonly isDone: (state: HandledState) => boolean
  readonly target: Position | undefined
  settle(error?: unknown): void
}

/** Promises that wait for the handler to have come far enough. Each settles: done, timed out, aborted or closed. */
export class Waiters {
  readonly #waiters = new Set<Waiter>()
  readonly #runtime: Runtime
  readonly #delaySince: (startedAt: number) => Delay
  #born = 0

  /** @param delaySince gives the reason why a wait that began then (monotonic clock) takes too long */
  constructor(runtime: Runtime, delaySince: (startedAt: number) => Delay) {
    this.#runtime = runtime
    this.#delaySince = delaySince
  }

  /** The number of the youngest waiter: a head read from now on is newer than all born up to it. */
  get mark(): number {
    return this.#born
  }

  /**
   * @throws ConfigurationError for options that can't work
   * @param what named in the errors
   * @param isDone asked at every step of the handler; a resync that covers the waiter is seen to here
   * @param target an entry that ends the wait when it is handled, even if it is not part of our history
   */
  wait(
    what: string,
    options: WaitOptions,
    isDone: (state: HandledState) => boolean,
    target?: Position,
  ): { readonly promise: Promise<void>; done(): void } {
    const { promise, resolve, reject }: PromiseWithResolvers<void> = Promise.withResolvers()
    const { timeoutMs, signal } = resolveOptions(waitRules, options, 'waiting')
    const startedAt = this.#runtime.monotonic()
    const timer = this.#runtime.after(timeoutMs, () => {
      waiter.settle(waitTimeout(timeoutMs, what, this.#delaySince(startedAt)))
    })
    const onAbort = (): void => {
      waiter.settle(signal?.reason)
    }
    const waiter: Waiter = {
      born: ++this.#born,
      isDone,
      target,
      settle: (error) => {
        if (!this.#waiters.delete(waiter)) return
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      },
    }
    this.#waiters.add(waiter)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    return {
      promise,
      done: () => {
        waiter.settle()
      },
    }
  }

  /** The handler has come this far. */
  advanced(state: HandledState): void {
    for (const waiter of this.#waiters) {
      if (waiter.born <= state.resyncMark || waiter.isDone(state)) waiter.settle()
    }
  }

  /** This entry was handled. */
  entryHandled({ streamId, appendId }: Position): void {
    for (const waiter of this.#waiters) {
      if (waiter.target?.appendId === appendId && waiter.target.streamId === streamId) waiter.settle()
    }
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.settle(new ClosedError('The subscription was closed while waiting'))
  }
}
