import type { Log } from '../log/log.js'
import { parsePosition, type Position } from '../log/model/position.js'
import { compareStreamIds } from '../message/stream-id.js'
import { ClosedError } from '../support/errors.js'
import type { Runtime } from '../support/runtime.js'
import type { Following } from './follow/following.js'
import type { SubscriptionState } from './progress/health.js'
import type { HandledState } from './progress/progress.js'
import type { Waiters, WaitOptions } from './progress/waiters.js'

export interface PositionWaitsContext {
  readonly log: Log
  readonly runtime: Runtime
  readonly following: Pick<Following, 'isHandled' | 'handledState' | 'handledPosition'>
  readonly waiters: Waiters
  readonly isClosed: () => boolean
  readonly emitter: StateEmitter
}

/** A subscription, as far as its state is listened to. */
interface StateEmitter {
  on(event: 'state', listener: (state: SubscriptionState) => void): unknown
  off(event: 'state', listener: (state: SubscriptionState) => void): unknown
}

/** The promises of a subscription: that its handler has come up to the end of the log, or to a position. */
export class PositionWaits {
  readonly #context: PositionWaitsContext

  constructor(context: PositionWaitsContext) {
    this.#context = context
  }

  /**
   * Resolves when everything appended before the call has been handled.
   *
   * @throws ClosedError if the subscription is closed
   */
  async caughtUp(options: WaitOptions): Promise<void> {
    this.#checkOpen()
    const { runtime, following, waiters, emitter, log } = this.#context
    const calledAt = runtime.monotonic()
    let isReached: (handled: HandledState) => boolean = () => false
    const wait = waiters.wait(
      'the end of the log',
      options,
      (handled) => (handled.verifiedAt ?? calledAt) > calledAt || isReached(handled),
    )
    const readHead = (): void => {
      void log.head().then(
        (head) => {
          isReached = (handled) => following.isHandled(head, handled)
          waiters.advanced(following.handledState)
        },
        // Read again when the subscription goes live; heartbeats and recoveries read the head too.
        () => undefined,
      )
    }
    // A first start may be what puts a head into an empty log.
    const readWhenLive = (state: SubscriptionState): void => {
      if (state === 'live') readHead()
    }
    emitter.on('state', readWhenLive)
    readHead()
    try {
      await wait.promise
    } finally {
      emitter.off('state', readWhenLive)
    }
  }

  /**
   * Resolves when the entry at a position, as text, has been handled, or a resync that covers it.
   *
   * @throws InvalidMessageError if `text` is not a position; ClosedError if the subscription is closed
   */
  async waitFor(text: string, options: WaitOptions): Promise<void> {
    this.#checkOpen()
    const { following, waiters } = this.#context
    const target = parsePosition(text)
    const isReached = (handled: HandledState): boolean => following.isHandled(target.appendId, handled)
    const wait = waiters.wait(`position ${text}`, options, isReached, target.appendId)
    waiters.advanced(following.handledState)
    void this.#isBehindUs(target).then(
      (behind) => {
        if (behind) wait.done()
      },
      // The log could not be asked: the entry, a resync or the time limit ends the waiting.
      () => undefined,
    )
    await wait.promise
  }

  #checkOpen(): void {
    if (!this.#context.isClosed()) return
    throw new ClosedError('The subscription is closed: what it would wait for never comes')
  }

  /**
   * Whether an entry too old to be remembered is in the part of our history that has been handled. Below the log's
   * first entry it is, if the handled part reaches into the log: what a failover lost on the way there, its publisher
   * has appended again long ago.
   */
  async #isBehindUs(target: Position): Promise<boolean> {
    const handled = this.#context.following.handledPosition
    if (handled === undefined || compareStreamIds(target.streamId, handled.streamId) > 0) return false
    const [presence, ours] = await this.#context.log.lookup([target, handled])
    return presence !== 'gone' && ours === 'intact'
  }
}
