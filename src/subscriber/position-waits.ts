import type { Log } from '../log/log.js'
import { parsePosition, type Position } from '../log/model/position.js'
import { compareStreamIds } from '../message/stream-id.js'
import { ClosedError } from '../support/errors.js'
import type { Following } from './follow/following.js'
import type { SubscriptionState } from './progress/health.js'
import type { HandledState } from './progress/progress.js'
import type { Waiters, WaitOptions } from './progress/waiters.js'

export interface PositionWaitsContext {
  readonly log: Log
  readonly looks: Looks
  readonly following: Pick<Following, 'isEntryHandled' | 'progress'>
  readonly waiters: Waiters
  readonly isClosed: () => boolean
  readonly emitter: StateEmitter
}

/** The looks at the server. */
export interface Looks {
  /** Number of the newest that has begun. */
  readonly begun: number
  /** Looks now, or as soon as a look under way has ended. */
  look(): void
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
    const { looks, waiters, emitter } = this.#context
    const { begun } = looks
    // Numbers, not times: two events at the same time have no known order.
    const isProved = ({ proof }: HandledState): boolean => proof !== undefined && proof.look > begun
    const wait = waiters.wait('the end of the log', options, isProved)
    // A first start may be what puts a head into an empty log.
    const lookWhenLive = (state: SubscriptionState): void => {
      if (state === 'live') looks.look()
    }
    emitter.on('state', lookWhenLive)
    looks.look()
    try {
      await wait.promise
    } finally {
      emitter.off('state', lookWhenLive)
    }
  }

  /**
   * Resolves when the entry at a position, given as text, or a resync that covers it has been handled. Entries before
   * it may still be failing.
   *
   * @throws InvalidMessageError if `text` is not a position; ClosedError if the subscription is closed
   */
  async waitFor(text: string, options: WaitOptions): Promise<void> {
    this.#checkOpen()
    const { following, waiters } = this.#context
    const target = parsePosition(text)
    let { proof } = following.progress.handled
    const lookBehind = (): void => {
      void this.#isBehindUs(target).then(
        (behind) => {
          if (behind) wait.done()
        },
        // The log could not be asked: the entry, a resync or the time limit ends the wait.
        () => undefined,
      )
    }
    const isReached = (handled: HandledState): boolean => {
      // With each proof, more entries behind us may be known to be handled.
      if (proof !== handled.proof) lookBehind()
      proof = handled.proof
      return following.isEntryHandled(target)
    }
    const wait = waiters.wait(`position ${text}`, options, isReached, target)
    waiters.advanced(following.progress.handled)
    lookBehind()
    await wait.promise
  }

  #checkOpen(): void {
    if (!this.#context.isClosed()) return
    throw new ClosedError('The subscription is closed: what it would wait for never comes')
  }

  /**
   * Whether an entry too old to be remembered is in the part of our history that has been handled: that part must reach
   * into the log. The history of an entry below the log's first can't be determined. So such an entry counts only if no
   * failover has lost anything since.
   */
  async #isBehindUs(target: Position): Promise<boolean> {
    const { following, log } = this.#context
    const handled = following.progress.newestHandled
    if (handled === undefined || compareStreamIds(target.streamId, handled.streamId) > 0) return false
    if (following.progress.isUnhandled(target.appendId)) return false
    if (following.progress.trust.isSkipped(target.appendId)) return false
    const [presence, ours] = await log.lookup([target, handled])
    if (ours !== 'intact' || presence === undefined || presence === 'gone') return false
    return following.progress.trust.covers(target.streamId, presence === 'intact')
  }
}
