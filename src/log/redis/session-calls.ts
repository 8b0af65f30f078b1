import { type InvalidationError, RedisError } from '../../support/errors.js'
import { serverOf, type SessionContext } from './client-source.js'
import { timeoutError } from './errors.js'
import { PendingCalls } from './pending-calls.js'
import type { Corkable, RedisLike } from './redis-like.js'
import type { Redirects } from './topology/redirects.js'

/** Sends a command and resolves with its reply. */
export type Send = (command: string, ...args: string[]) => Promise<unknown>

/** The calls of a session: each settles once, with its reply or when all are rejected. */
export class SessionCalls {
  readonly #context: SessionContext
  readonly #pending: PendingCalls
  readonly #cork = new Cork()
  /** How often all calls were rejected: a call is given up if this has changed since it was sent. */
  #rejections = 0

  /** @param onOverdue called with a command whose deadline has passed; must reject all calls */
  constructor(context: SessionContext, onOverdue: (command: string) => void) {
    this.#context = context
    this.#pending = new PendingCalls(context.runtime, context.commandTimeoutMs, onOverdue)
  }

  /**
   * Sends a command over this client, with a deadline in ms. `translate` makes the error to reject with. Where
   * `redirects` are given, they are followed.
   */
  send(
    client: RedisLike,
    timeoutMs: number,
    command: string,
    args: string[],
    translate: (error: unknown) => Error,
    redirects?: Redirects,
  ): Promise<unknown> {
    this.#cork.forThisTurn(client.stream)
    const deadline = this.#context.runtime.monotonic() + timeoutMs
    const sent = client.call(command, ...args)
    const reply = redirects === undefined ? sent : redirects.follow(sent, this.#untilRejected(), command, args)
    return this.#pending.track(command, reply, deadline, translate)
  }

  /** Rejects all calls: with a timeout if their deadline has passed, else with this reason. */
  rejectAll(reason: InvalidationError): void {
    this.#rejections++
    const now = this.#context.runtime.monotonic()
    this.#pending.rejectAll((command, deadline) => (deadline <= now ? this.timeoutOf(command) : this.#lostWith(reason)))
  }

  /** From now on no deadline is watched. */
  close(): void {
    this.#pending.close()
  }

  timeoutOf(command: string): RedisError {
    return timeoutError(command, serverOf(this.#context.source), this.#context.commandTimeoutMs)
  }

  /** The error of a call that had time left when the connection went down. */
  #lostWith(reason: InvalidationError): InvalidationError {
    if (!(reason instanceof RedisError) || reason.kind !== 'timeout') return reason
    return new RedisError('disconnected', `The connection to ${serverOf(this.#context.source)} was lost`, {
      cause: reason,
    })
  }

  #untilRejected(): () => boolean {
    const rejections = this.#rejections
    return () => rejections === this.#rejections
  }
}

/** Makes one write to the socket of all writes in a turn of the loop: the writes are half the cost of sending. */
export class Cork {
  #corked: Corkable | undefined

  /** Holds back what is written to this stream until the turn is over. */
  forThisTurn(stream: Corkable | undefined): void {
    if (stream === undefined || stream === this.#corked) return
    this.#corked = stream
    stream.cork()
    process.nextTick(() => {
      if (this.#corked === stream) this.#corked = undefined
      stream.uncork()
    })
  }
}
