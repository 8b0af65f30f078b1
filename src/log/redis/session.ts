import { Backoff } from '../../support/backoff.js'
import { Deadlines, type Limited } from '../../support/deadlines.js'
import { ConfigurationError, type InvalidationError, RedisError, UnsupportedServerError } from '../../support/errors.js'
import type { Runtime, Timer } from '../../support/runtime.js'
import { toError } from '../../support/thrown.js'
import type { ConnectionListener, LogConnection } from '../log.js'
import { type ClientSource, disconnect } from './client-source.js'
import { closeClient } from './clients.js'
import { connectTimeoutError, replyCode, timeoutError, toRedisError } from './errors.js'
import { PendingCalls } from './pending-calls.js'
import type { Corkable, RedisLike } from './redis-like.js'
import type { TargetKind } from './target.js'
import { Redirects } from './topology/redirects.js'

/** Sends a command and resolves with its reply. */
export type Send = (command: string, ...args: string[]) => Promise<unknown>

/** What a connection is made of. */
export interface ConnectionContext {
  readonly source: ClientSource
  readonly runtime: Runtime
  readonly commandTimeoutMs: number
}

/**
 * A connection that never hangs: every call settles with its reply, when the connection is lost, or at the deadline. It
 * reconnects by itself. ioredis does so for a socket that closed; where a link only looks open, its client is thrown
 * away and a new one made, since none of its state can be trusted.
 */
export abstract class Connection implements LogConnection {
  readonly #context: ConnectionContext
  readonly #listener: ConnectionListener
  readonly #pending: PendingCalls
  /** Of the attempt under way; none while up, or while waiting for the next. */
  readonly #connectDeadline: Deadlines<Limited>
  readonly #cork = new Cork()
  readonly #backoff: Backoff
  readonly #opened: Promise<void>
  readonly #retired = new Set<Promise<void>>()
  /** Undefined outside of a cluster. */
  readonly #redirects: Redirects | undefined
  #settleOpened: (error?: InvalidationError) => void = () => {}
  #client: RedisLike
  #state: 'connecting' | 'up' | 'closed' = 'connecting'
  /** Tells apart what belongs to the attempt, or the connection, of now from what comes late from an older one. */
  #attempt = 0
  #firstError: unknown
  #retry: Timer | undefined

  constructor(context: ConnectionContext, listener: ConnectionListener) {
    const { runtime, commandTimeoutMs } = context
    this.#context = context
    this.#listener = listener
    this.#backoff = new Backoff(runtime)
    const { cluster } = context.source
    this.#redirects = cluster && new Redirects(cluster)
    this.#opened = new Promise((resolve, reject) => {
      this.#settleOpened = (error) => (error ? reject(error) : resolve())
    })
    // Whoever does not ask is told through onError.
    this.#opened.catch(() => {})
    const connectTimeout = (): RedisError => connectTimeoutError(this.server, commandTimeoutMs)
    this.#pending = new PendingCalls(runtime, commandTimeoutMs, (command) =>
      this.#replaceClient(this.up ? this.#timeoutOf(command) : connectTimeout()),
    )
    this.#connectDeadline = new Deadlines({ runtime, onExpired: () => this.#replaceClient(connectTimeout()) })
    this.#client = this.#openClient()
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  opened(): Promise<void> {
    return this.#opened
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
      this.#connectDeadline.clear()
      this.#pending.close()
      this.#retry?.cancel()
      this.#rejectPending(new RedisError('disconnected', `The connection to ${this.server} was closed`))
      this.#settleOpened()
      this.#retire(this.#client)
    }
    await Promise.all(this.#retired)
  }

  /**
   * Runs on each connect, before the connection counts as up; if it rejects, the attempt has failed. `send` rejects with
   * what ioredis rejects with.
   */
  protected abstract prepare(send: Send): Promise<unknown>

  /** Takes what is published, where the connection subscribes. */
  protected receive?(channel: string, text: string): void

  /** What is connected to, for messages. */
  protected get server(): string {
    const { location, origin } = this.#context.source
    return location ?? origin
  }

  /** What the servers were named as. */
  protected get kind(): TargetKind {
    return this.#context.source.kind
  }

  /**
   * Whether a replica must not be taken in place of the primary: a single server is taken as it is, and in a cluster a
   * replica sends us on by itself.
   */
  protected get primaryOnly(): boolean {
    return this.kind === 'sentinel'
  }

  /** The socket of now; undefined while there is none. */
  protected get stream(): unknown {
    return this.#client.stream
  }

  /** Sends a command and resolves with its reply; rejects with a `RedisError`. */
  protected call(command: string, ...args: string[]): Promise<unknown> {
    return this.callWithin(this.#context.commandTimeoutMs, command, ...args)
  }

  /** Like `call`, with a deadline of its own. */
  protected callWithin(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    if (this.#state !== 'up') return Promise.reject(this.#unusable(command))
    return this.#track(timeoutMs, command, args, (error) => this.failureOf(command, error), this.#redirects)
  }

  /** Like `call`, but never at another node: what belongs to a transaction would be alone there. */
  protected callHere(command: string, ...args: string[]): Promise<unknown> {
    if (this.#state !== 'up') return Promise.reject(this.#unusable(command))
    const { commandTimeoutMs } = this.#context
    return this.#track(commandTimeoutMs, command, args, (error) => this.failureOf(command, error))
  }

  /** What a call of this command that failed so rejects with. */
  protected failureOf(command: string, error: unknown): InvalidationError {
    if (this.#isElsewhere(error)) this.reconnect()
    return toRedisError(error, command, this.server)
  }

  /** Sends a command; where `redirects` are given, they are followed. */
  #track(
    timeoutMs: number,
    command: string,
    args: string[],
    translate: (error: unknown) => Error,
    redirects?: Redirects,
  ): Promise<unknown> {
    this.#cork.forThisTurn(this.#client.stream)
    const deadline = this.#context.runtime.monotonic() + timeoutMs
    const sent = this.#client.call(command, ...args)
    const reply = redirects === undefined ? sent : redirects.follow(sent, this.#untilLost(), command, args)
    return this.#pending.track(command, reply, deadline, translate)
  }

  /** Says, later on, whether the connection is still that of now. */
  #untilLost(): () => boolean {
    const attempt = this.#attempt
    return () => attempt === this.#attempt && this.#state !== 'closed'
  }

  /** Whether a refusal says that the primary of the log may stand elsewhere by now, so that it must be looked for. */
  #isElsewhere(error: unknown): boolean {
    if (error instanceof RedisError && error.kind === 'readonly') return true
    return replyCode(error) === 'READONLY' || this.#redirects?.isElsewhere(error) === true
  }

  #unusable(command: string): RedisError {
    const state = this.#state === 'closed' ? 'closed' : 'down; it reconnects by itself'
    return new RedisError(
      'disconnected',
      `${command.toUpperCase()} was not sent: the connection to ${this.server} is ${state}`,
    )
  }

  #openClient(): RedisLike {
    const client = this.#context.source.makeClient(() => this.#backoff.delayMs())
    const on = (event: string, run: (...args: never[]) => void): void => {
      client.on(event, (...args: never[]) => {
        if (client === this.#client && this.#state !== 'closed') run(...args)
      })
    }
    on('connecting', () => this.#beginAttempt())
    on('ready', () => void this.#comeUp())
    on('error', (error: unknown) => this.#distrust(error))
    on('close', () => this.#endAttempt())
    on('end', () => this.#endClient())
    on('message', (channel: string, text: string) => this.#take(channel, text))
    on('smessage', (channel: string, text: string) => this.#take(channel, text))
    // A node no longer owns the slot of a channel, and has ended the subscription to it.
    on('moved', () => this.reconnect())
    // What a failed attempt rejects with comes as events as well.
    client.connect().catch(() => {})
    this.#beginAttempt()
    return client
  }

  #beginAttempt(): void {
    this.#attempt++
    this.#firstError = undefined
    const { runtime, commandTimeoutMs } = this.#context
    this.#connectDeadline.clear()
    this.#connectDeadline.add({ deadline: runtime.monotonic() + commandTimeoutMs, waiting: true })
  }

  async #comeUp(): Promise<void> {
    const attempt = this.#attempt
    try {
      const { commandTimeoutMs } = this.#context
      await this.prepare((command, ...args) => this.#track(commandTimeoutMs, command, args, toError))
    } catch (error) {
      if (attempt !== this.#attempt) return
      this.#isElsewhere(error)
      this.#distrust(error)
      return
    }
    // An error that did not close the connection, such as a refused SELECT, leaves it in a state that is not ours.
    if (attempt !== this.#attempt || this.#state !== 'connecting' || this.#firstError !== undefined) return
    this.#state = 'up'
    this.#connectDeadline.clear()
    this.#backoff.reset()
    this.#settleOpened()
    this.#listener.onUp()
  }

  /** Nothing is taken before `onUp`: what was published until then is the log's to tell. */
  #take(channel: string, text: string): void {
    if (this.#state === 'up') this.receive?.(channel, text)
  }

  /** The first error of a connection is why it ends; `close` follows. */
  #distrust(error: unknown): void {
    this.#firstError ??= error
    disconnect(this.#client, true)
  }

  /** The socket has closed; ioredis makes the next attempt after a while. */
  #endAttempt(): void {
    this.#attempt++
    this.#connectDeadline.clear()
    const reason = this.#firstError ?? new RedisError('disconnected', `The connection to ${this.server} was closed`)
    this.#goDown(toRedisError(reason, 'connect', this.server))
  }

  /** ioredis has given up, as when it could not even make a socket. */
  #endClient(): void {
    this.#endAttempt()
    this.#retry = this.#context.runtime.after(this.#backoff.delayMs(), () => {
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
      this.#listener.onDown(reason)
      return
    }
    this.#backoff.failed()
    this.#settleOpened(this.#canMend(reason) ? undefined : reason)
    this.#listener.onError(reason)
  }

  #rejectPending(reason: InvalidationError): void {
    this.#redirects?.close()
    const now = this.#context.runtime.monotonic()
    this.#pending.rejectAll((command, deadline) =>
      deadline <= now ? this.#timeoutOf(command) : this.#lostWith(reason),
    )
  }

  /** What a call rejects with that had time left when the connection went down. */
  #lostWith(reason: InvalidationError): InvalidationError {
    if (!(reason instanceof RedisError) || reason.kind !== 'timeout') return reason
    return new RedisError('disconnected', `The connection to ${this.server} was lost`, { cause: reason })
  }

  #timeoutOf(command: string): RedisError {
    return timeoutError(command, this.server, this.#context.commandTimeoutMs)
  }

  /** Whether waiting may mend it. */
  #canMend(error: InvalidationError): boolean {
    if (error instanceof UnsupportedServerError || error instanceof ConfigurationError) return false
    if (!(error instanceof RedisError)) return true
    return error.kind !== 'refused' && (error.kind !== 'moved' || this.kind === 'cluster')
  }
}

/** What is written in one turn of the loop leaves in one write to the socket: the writes are half of what sending costs. */
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
