import { outsideOfContexts } from '../../support/async-context.js'
import { Deadlines, type Limited } from '../../support/deadlines.js'
import { type InvalidationError, RedisError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'
import { serverOf, type SessionContext } from './client-source.js'
import { replyCode, replyText, timeoutError } from './errors.js'
import type { Corkable, RedisLike } from './redis-like.js'
import { refusalOf } from './refusals.js'
import type { Script } from './scripts/script.js'
import type { Redirects } from './topology/redirects.js'

/** Sends a command and resolves with its reply. */
export type Send = (command: string, ...args: string[]) => Promise<unknown>

/** Makes the error that a call rejects with. */
type FailureOf = (error: unknown, command: string) => Error

/** How calls of one kind are sent: made once, and not for each call. */
export interface CallRoute {
  readonly failureOf: FailureOf
  /** Followed if given. */
  readonly redirects?: Redirects | undefined
}

/** The calls of a session: each settles once, with its reply or when all are rejected. */
export class SessionCalls {
  readonly #context: SessionContext
  readonly #pending: PendingCalls
  readonly #cork = new Cork()
  /** How often all calls were rejected, as when a connection is lost. A call is given up if this has changed since. */
  rejections = 0

  /** @param onOverdue called with a command whose deadline has passed; must reject all calls */
  constructor(context: SessionContext, onOverdue: (command: string) => void) {
    this.#context = context
    this.#pending = new PendingCalls(context.runtime, context.commandTimeoutMs, onOverdue)
  }

  /** Sends a command and its arguments over this client; `route` says where its reply may come from. */
  send(
    client: RedisLike,
    timeoutMs: number,
    { failureOf, redirects }: CallRoute,
    command: readonly string[],
  ): Promise<unknown> {
    const [name = '', ...args] = command
    this.#cork.forThisTurn(client.stream)
    const deadline = this.#context.runtime.monotonic() + timeoutMs
    const sent = client.call(name, ...args)
    const reply = redirects === undefined ? sent : redirects.follow(sent, this.#untilRejected(), name, args)
    return this.#pending.track(name, reply, deadline, failureOf)
  }

  /** Rejects all calls: with a timeout if their deadline has passed, else with this reason. */
  rejectAll(reason: InvalidationError): void {
    this.rejections++
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
    const rejections = this.rejections
    return () => rejections === this.rejections
  }
}

/**
 * Runs scripts; calls keep their order. Over each connection a script is sent as its text until it has run once, and by
 * its digest from then on. If digests were sent from the start, another client could make the script known while some of
 * them are refused: the calls behind those would overtake them. Without EVALSHA every script is sent as its text; without
 * EVAL, SCRIPT LOAD makes it known.
 */
export class ScriptCalls {
  readonly #call: Send
  readonly #connection: () => number
  /** The connection for which the following holds. */
  #knownTo = -1
  readonly #known = new Set<Script>()
  /** Set when the server or a proxy has refused EVALSHA itself. */
  #byText = false
  /** Set while calls are sent again: later ones wait, so that none overtakes them. */
  #sendingAgain: Promise<void> | undefined

  /** @param connection another number after each loss of the connection */
  constructor(call: Send, connection: () => number) {
    this.#call = call
    this.#connection = connection
  }

  /** Resolves with the result of `read` for the reply. */
  run<T>(script: Script, keys: readonly string[], args: readonly string[], read: (reply: unknown) => T): Promise<T> {
    if (this.#sendingAgain) return this.#sendingAgain.then(() => this.run(script, keys, args, read))
    const rest = [String(keys.length), ...keys, ...args]
    if (this.#isKnown(script)) {
      return this.#call('evalsha', script.digest, ...rest).then(read, (error: unknown) => {
        if (replyCode(error) !== 'NOSCRIPT' && !refuses(error, 'evalsha')) throw error
        if (replyCode(error) !== 'NOSCRIPT') this.#byText = true
        return this.#again(() => this.#call('eval', script.source, ...rest)).then(read)
      })
    }
    return this.#call('eval', script.source, ...rest).then(
      (reply) => {
        this.#known.add(script)
        return read(reply)
      },
      (error: unknown) => {
        if (!refuses(error, 'eval')) throw error
        return this.#again(() => this.#load(script, rest, error)).then(read)
      },
    )
  }

  #isKnown(script: Script): boolean {
    const connection = this.#connection()
    if (this.#knownTo !== connection) {
      this.#known.clear()
      this.#byText = false
      this.#knownTo = connection
    }
    return !this.#byText && this.#known.has(script)
  }

  /** Runs a script by its digest on a server that refuses EVAL. */
  async #load(script: Script, rest: readonly string[], refusal: unknown): Promise<unknown> {
    const run = (): Promise<unknown> => this.#call('evalsha', script.digest, ...rest)
    const reply = await run().catch(async (error: unknown) => {
      if (replyCode(error) !== 'NOSCRIPT') throw refusal
      await this.#call('script', 'load', script.source).catch(() => {
        throw refusal
      })
      return run()
    })
    this.#known.add(script)
    return reply
  }

  #again(send: () => Promise<unknown>): Promise<unknown> {
    const reply = send()
    const settled = (): void => {
      this.#sendingAgain = undefined
    }
    // Replies come in order: when this one is in, so are those to all calls that were under way, and each of them that
    // failed the same way has been sent again.
    this.#sendingAgain ??= reply.then(settled, settled)
    return reply
  }
}

/** Whether the server refuses this very command: it does not know it, or the user lacks the right to it. */
function refuses(error: unknown, command: 'eval' | 'evalsha'): boolean {
  const text = replyText(error) ?? ''
  const refusal = refusalOf(text)
  if (refusal !== 'absent' && refusal !== 'no-right') return false
  // Otherwise the script ran, and one of its own commands was refused.
  return new RegExp(`\\b${command}\\b`, 'i').test(text)
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

const minSlackMs = 2
const maxSlackMs = 250

class PendingCall implements Limited {
  readonly command: string
  readonly deadline: number
  #reject: ((error: Error) => void) | undefined

  constructor(command: string, deadline: number, reject: (error: Error) => void) {
    this.command = command
    this.deadline = deadline
    this.#reject = reject
  }

  get waiting(): boolean {
    return this.#reject !== undefined
  }

  /** Whether it ended by this: not if it was rejected before. */
  end(): boolean {
    const { waiting } = this
    this.#reject = undefined
    return waiting
  }

  reject(error: Error): void {
    const reject = this.#reject
    this.#reject = undefined
    reject?.(error)
  }
}

/** Calls that wait for their reply. Each settles once: with its reply, or when all are rejected. */
export class PendingCalls {
  readonly #deadlines: Deadlines<PendingCall>
  #latestDeadline = 0
  #closed = false

  /**
   * @param limitMs how long most calls may take
   * @param onOverdue called with the command of the oldest call when its deadline has passed, at most 250 ms or a tenth
   *   of the limit late; must reject all calls
   */
  constructor(runtime: Runtime, limitMs: number, onOverdue: (command: string) => void) {
    this.#deadlines = new Deadlines({
      runtime,
      slackMs: Math.max(minSlackMs, Math.min(maxSlackMs, limitMs / 10)),
      onExpired: ({ command }) => onOverdue(command),
    })
  }

  /**
   * Settles as `reply` does, unless `rejectAll` comes first. `failureOf` makes the error of a call whose reply is one.
   */
  track<T>(command: string, reply: Promise<T>, deadline: number, failureOf: FailureOf): Promise<T> {
    // Replies come in order, so a call can't be answered before those that wait already.
    if (this.#deadlines.oldest === undefined) this.#latestDeadline = 0
    this.#latestDeadline = Math.max(this.#latestDeadline, deadline)
    return new Promise((resolve, reject) => {
      const call = new PendingCall(command, this.#latestDeadline, reject)
      if (!this.#closed) this.#deadlines.add(call)
      reply.then(
        (value) => {
          if (call.end()) resolve(value)
        },
        (error: unknown) => {
          // It may begin a new connection, which must not keep the context of this call.
          if (call.end()) reject(outsideOfContexts(() => failureOf(error, command)))
        },
      )
    })
  }

  rejectAll(errorFor: (command: string, deadline: number) => Error): void {
    for (const call of this.#deadlines.clear()) call.reject(errorFor(call.command, call.deadline))
  }

  /** From now on no deadline is watched: what is called yet settles as its reply does. */
  close(): void {
    this.#closed = true
  }
}
