import { ConfigurationError, RedisError, UnsupportedServerError } from '../errors.js'
import type { InvalidationError } from '../errors.js'
import type { Runtime, Timer } from '../runtime.js'
import type { ConnectionListener, LogConnection } from './log.js'
import { PendingCalls } from './pending-calls.js'
import { closeClient } from './redis-clients.js'
import type { ClientSource } from './redis-clients.js'
import { timeoutError, toRedisError } from './redis-errors.js'
import type { RedisLike } from './redis-like.js'

/** Sends a command; rejects with what ioredis rejects with. */
export type Send = (command: string, ...args: string[]) => Promise<unknown>

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: string[]]

/** What a connection is made of. */
export interface ConnectionContext {
  readonly source: ClientSource
  readonly runtime: Runtime
  readonly commandTimeoutMs: number
  readonly listener: ConnectionListener
  /** Runs on each connect, before the connection counts as up; if it rejects, the attempt has failed. */
  readonly prepare: (send: Send) => Promise<unknown>
  /** Takes what is published, where the connection subscribes. */
  readonly onMessage?: (channel: string, text: string) => void
}

const minRetryMs = 50
const maxRetryMs = 2_000
const minWatchMs = 2
const maxWatchMs = 250

/**
 * A connection that never hangs: every call settles with its reply, when the connection is lost, or at the deadline. It
 * reconnects by itself. ioredis does so for a socket that closed; where a link only looks open, its client is thrown
 * away and a new one made, since none of its state can be trusted.
 */
export class Connection implements LogConnection {
  readonly #context: ConnectionContext
  readonly #pending = new PendingCalls()
  readonly #opened: Promise<void>
  readonly #retired = new Set<Promise<void>>()
  #settleOpened: (error?: InvalidationError) => void = () => {}
  #client: RedisLike
  #state: 'connecting' | 'up' | 'closed' = 'connecting'
  /** Tells apart what belongs to the attempt, or the connection, of now from what comes late from an older one. */
  #attempt = 0
  #attemptSince: number | undefined
  #failures = 0
  #lastError: unknown
  #watch: Timer | undefined
  #retry: Timer | undefined

  constructor(context: ConnectionContext) {
    this.#context = context
    this.#opened = new Promise((resolve, reject) => {
      this.#settleOpened = (error) => {
        if (error) reject(error)
        else resolve()
      }
    })
    // Whoever does not ask is told through onError.
    this.#opened.catch(() => {})
    this.#client = this.#openClient()
    this.#watchDeadlines()
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  get server(): string {
    return this.#context.source.server
  }

  opened(): Promise<void> {
    return this.#opened
  }

  /** Sends a command and resolves with its reply; rejects with a `RedisError`. */
  call(command: string, ...args: string[]): Promise<unknown> {
    return this.callWithin(this.#context.commandTimeoutMs, command, ...args)
  }

  /** Like `call`, with a deadline of its own. */
  callWithin(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    if (this.#state !== 'up') {
      const state = this.#state === 'closed' ? 'closed' : 'down; it reconnects by itself'
      return Promise.reject(
        new RedisError(
          'disconnected',
          `${command.toUpperCase()} was not sent: the connection to ${this.server} is ${state}`,
        ),
      )
    }
    const deadline = this.#context.runtime.monotonic() + timeoutMs
    return this.#pending.track(command, this.#client.call(command, ...args), deadline, (error) =>
      this.#failureOf(command, error),
    )
  }

  /** Runs commands as one atomic step; resolves with their replies, null for one that found no such key. */
  async transaction(...commands: readonly Command[]): Promise<readonly unknown[]> {
    const queued = [['multi'] as const, ...commands, ['exec'] as const].map(([name, ...args]) =>
      this.call(name, ...args),
    )
    const replies = (await Promise.all(queued)).at(-1)
    return commands.map(([name], index) => {
      const reply: unknown = Array.isArray(replies) ? replies[index] : undefined
      if (!(reply instanceof Error)) return reply
      if (reply.message.includes('no such key')) return null
      throw this.#failureOf(name, reply)
    })
  }

  reconnect(): void {
    if (this.#state !== 'up') return
    this.#replaceClient(
      new RedisError('disconnected', `The connection to ${this.server} was dropped to make a new one`),
    )
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed'
      this.#watch?.cancel()
      this.#retry?.cancel()
      this.#rejectPending(new RedisError('disconnected', `The connection to ${this.server} was closed`))
      this.#settleOpened()
      this.#retire(this.#client)
    }
    await Promise.all(this.#retired)
  }

  #openClient(): RedisLike {
    const client = this.#context.source.makeClient(() => this.#retryDelay())
    const whileCurrent =
      <Args extends unknown[]>(run: (...args: Args) => void) =>
      (...args: Args) => {
        if (client === this.#client && this.#state !== 'closed') run(...args)
      }
    client.on(
      'connecting',
      whileCurrent(() => this.#beginAttempt()),
    )
    client.on(
      'ready',
      whileCurrent(() => void this.#prepare()),
    )
    client.on(
      'error',
      whileCurrent((error: unknown) => this.#distrust(error)),
    )
    client.on(
      'close',
      whileCurrent(() => this.#endAttempt()),
    )
    client.on(
      'end',
      whileCurrent(() => this.#endClient()),
    )
    client.on(
      'message',
      whileCurrent((channel: string, text: string) => this.#receive(channel, text)),
    )
    // What a failed attempt rejects with comes as events as well.
    client.connect().catch(() => {})
    this.#beginAttempt()
    return client
  }

  #beginAttempt(): void {
    this.#attempt++
    this.#attemptSince = this.#context.runtime.monotonic()
    this.#lastError = undefined
  }

  async #prepare(): Promise<void> {
    const attempt = this.#attempt
    try {
      await this.#context.prepare((command, ...args) => this.#send(command, args))
    } catch (error) {
      if (attempt === this.#attempt) this.#distrust(error)
      return
    }
    // An error that is no loss of the connection, such as a refused SELECT, leaves it in a state that is not ours.
    if (attempt !== this.#attempt || this.#state !== 'connecting' || this.#lastError !== undefined) return
    this.#state = 'up'
    this.#attemptSince = undefined
    this.#failures = 0
    this.#settleOpened()
    this.#context.listener.onUp()
  }

  #send(command: string, args: string[]): Promise<unknown> {
    const deadline = this.#context.runtime.monotonic() + this.#context.commandTimeoutMs
    return this.#pending.track(command, this.#client.call(command, ...args), deadline, asError)
  }

  #receive(channel: string, text: string): void {
    if (this.#state === 'up') this.#context.onMessage?.(channel, text)
  }

  #failureOf(command: string, error: unknown): InvalidationError {
    const failure = toRedisError(error, command, this.server)
    // The primary may stand elsewhere by now: look again.
    if (failure instanceof RedisError && failure.kind === 'readonly') this.reconnect()
    return failure
  }

  /** The first error of a connection is why it ends; `close` follows. */
  #distrust(error: unknown): void {
    this.#lastError ??= error
    this.#client.disconnect(true)
  }

  /** The socket has closed; ioredis makes the next attempt after `#retryDelay()`. */
  #endAttempt(): void {
    this.#attempt++
    this.#attemptSince = undefined
    const reason = this.#lastError ?? new RedisError('disconnected', `The connection to ${this.server} was closed`)
    this.#goDown(toRedisError(reason, 'connect', this.server))
  }

  /** ioredis has given up, as when it could not even make a socket. */
  #endClient(): void {
    this.#endAttempt()
    this.#retry = this.#context.runtime.after(this.#retryDelay(), () => {
      this.#client = this.#openClient()
    })
  }

  #replaceClient(reason: InvalidationError): void {
    this.#retire(this.#client)
    this.#client = this.#openClient()
    this.#goDown(reason)
  }

  #retire(client: RedisLike): void {
    const gone = closeClient(client, this.#context.runtime).then(() => {
      this.#retired.delete(gone)
    })
    this.#retired.add(gone)
  }

  #goDown(reason: InvalidationError): void {
    this.#rejectPending(reason)
    if (this.#state === 'up') {
      this.#state = 'connecting'
      this.#context.listener.onDown(reason)
      return
    }
    this.#failures++
    this.#settleOpened(canMend(reason) ? undefined : reason)
    this.#context.listener.onError(reason)
  }

  #rejectPending(reason: InvalidationError): void {
    const now = this.#context.runtime.monotonic()
    this.#pending.rejectAll((command, deadline) => (deadline <= now ? this.#timeoutOf(command) : reason))
  }

  #timeoutOf(command: string): RedisError {
    return timeoutError(command, this.server, this.#context.commandTimeoutMs)
  }

  /** One coarse timer watches over all calls and over the attempt to connect. */
  #watchDeadlines(): void {
    const interval = Math.max(minWatchMs, Math.min(maxWatchMs, this.#context.commandTimeoutMs / 10))
    this.#watch = this.#context.runtime.after(interval, () => {
      void this.#checkDeadlines()
    })
  }

  async #checkDeadlines(): Promise<void> {
    if (this.#overdue() !== undefined) {
      // After a long block of the event loop timers run before what has long arrived is read: read it first.
      await this.#context.runtime.yield()
    }
    if (this.#state === 'closed') return
    const overdue = this.#overdue()
    if (overdue !== undefined) this.#replaceClient(this.#timeoutOf(overdue))
    this.#watchDeadlines()
  }

  /** The command that should have been answered by now. */
  #overdue(): string | undefined {
    const { runtime, commandTimeoutMs } = this.#context
    const now = runtime.monotonic()
    const attemptOverdue = this.#attemptSince !== undefined && now - this.#attemptSince >= commandTimeoutMs
    return attemptOverdue ? 'connect' : this.#pending.overdue(now)
  }

  #retryDelay(): number {
    const ceiling = Math.min(maxRetryMs, 2 * minRetryMs * 2 ** this.#failures)
    return (ceiling / 2) * (1 + this.#context.runtime.random())
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** Whether waiting may mend it. */
function canMend(error: InvalidationError): boolean {
  if (error instanceof UnsupportedServerError || error instanceof ConfigurationError) return false
  return !(error instanceof RedisError && error.kind === 'refused')
}
