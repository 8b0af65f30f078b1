import { Backoff, Departures } from '../../support/backoff.js'
import { Deadlines, type Limited } from '../../support/deadlines.js'
import { ConfigurationError, type InvalidationError, RedisError, UnsupportedServerError } from '../../support/errors.js'
import type { Timer } from '../../support/runtime.js'
import { toError } from '../../support/thrown.js'
import type { ConnectionListener, LogConnection } from '../log.js'
import { disconnect, serverOf, type SessionContext } from './client-source.js'
import { closeClient } from './clients.js'
import { connectTimeoutError, replyCode, toRedisError } from './errors.js'
import type { RedisLike } from './redis-like.js'
import type { Script } from './scripts/script.js'
import { type CallRoute, ScriptCalls, type Send, SessionCalls } from './session-calls.js'
import type { TargetKind } from './target.js'
import { Redirects } from './topology/redirects.js'

/** `prepare` gets the errors of ioredis. */
const preparing: CallRoute = { failureOf: toError }

/** The purpose of a session. No function is called before the constructor of the session has returned. */
export interface SessionPurpose {
  /**
   * Runs on each connect, before the session counts as up; if it rejects, the attempt has failed. `send` rejects with
   * the errors of ioredis.
   */
  readonly prepare: (send: Send) => Promise<unknown>
  /** Takes a published message, if `prepare` subscribes. */
  readonly receive?: (channel: string, text: string) => void
  /** The name of the connection in CLIENT LIST. Default: that of the log's owner. */
  readonly connectionName?: string
  /** Whether to leave the server on a refusal that says that the primary is elsewhere. Default: always. */
  readonly leavesOn?: (refusal: unknown) => boolean
}

/**
 * A connection that never hangs: every call settles with its reply, when the connection is lost, or at the deadline. It
 * reconnects by itself. ioredis does so for a socket that closed; if a link only looks open, its client is thrown away
 * and a new one made, since none of its state can be trusted.
 */
export class RedisSession implements LogConnection {
  readonly #context: SessionContext
  readonly #listener: ConnectionListener
  readonly #purpose: SessionPurpose
  readonly #calls: SessionCalls
  readonly #scripts = new ScriptCalls(this.call.bind(this), () => this.#calls.rejections)
  readonly #anywhere: CallRoute
  readonly #here: CallRoute
  /** Of the attempt under way; none while up, or while waiting for the next. */
  readonly #connectDeadline: Deadlines<Limited>
  readonly #backoff: Backoff
  readonly #departures: Departures
  readonly #opened = Promise.withResolvers<undefined>()
  readonly #retired = new Set<Promise<void>>()
  /** Undefined outside of a cluster. */
  readonly #redirects: Redirects | undefined
  #client: RedisLike
  #state: 'connecting' | 'up' | 'closed' = 'connecting'
  /** Tells apart what belongs to the attempt, or the connection, of now from what comes late from an older one. */
  #attempt = 0
  #firstError: unknown
  #retry: Timer | undefined

  /** Starts connecting. */
  constructor(context: SessionContext, listener: ConnectionListener, purpose: SessionPurpose) {
    const { runtime, commandTimeoutMs } = context
    this.#context = context
    this.#listener = listener
    this.#purpose = purpose
    this.#backoff = new Backoff(runtime)
    this.#departures = new Departures(runtime)
    const { cluster } = context.source
    this.#redirects = cluster && new Redirects(cluster)
    const failureOf = (error: unknown, command: string): Error => this.failureOf(command, error)
    this.#anywhere = { failureOf, redirects: this.#redirects }
    this.#here = { failureOf }
    // If nobody calls `opened`, the error still reaches `onError`.
    this.#opened.promise.catch(() => {})
    const connectTimeout = (): RedisError => connectTimeoutError(this.server, commandTimeoutMs)
    this.#calls = new SessionCalls(context, (command) =>
      this.#replaceClient(this.up ? this.#calls.timeoutOf(command) : connectTimeout()),
    )
    this.#connectDeadline = new Deadlines({ runtime, onExpired: () => this.#replaceClient(connectTimeout()) })
    this.#client = this.#openClient()
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  opened(): Promise<void> {
    return this.#opened.promise
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
      this.#calls.close()
      this.#retry?.cancel()
      this.#rejectPending(new RedisError('disconnected', `The connection to ${this.server} was closed`))
      this.#opened.resolve(undefined)
      this.#retire(this.#client)
    }
    await Promise.all(this.#retired)
  }

  /** The server that the newest connection leads to, for messages. */
  get server(): string {
    return serverOf(this.#context.source)
  }

  /** The kind of servers that the user named. */
  get kind(): TargetKind {
    return this.#context.source.kind
  }

  /**
   * Whether a replica must not be taken in place of the primary: a single server is taken as it is, and in a cluster a
   * replica sends us on by itself.
   */
  get primaryOnly(): boolean {
    return this.kind === 'sentinel'
  }

  /** The socket of now; undefined while there is none. */
  get stream(): unknown {
    return this.#client.stream
  }

  /** Sends a command and resolves with its reply; rejects with a `RedisError`. */
  call(command: string, ...args: string[]): Promise<unknown> {
    return this.callWithin(this.#context.commandTimeoutMs, command, ...args)
  }

  /** Like `call`, with a deadline of its own. */
  callWithin(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    if (this.#state !== 'up') return Promise.reject(this.#unusable(command))
    return this.#calls.send(this.#client, timeoutMs, this.#anywhere, [command, ...args])
  }

  /** Like `call`, but never at another node: what belongs to a transaction would be alone there. */
  callHere(command: string, ...args: string[]): Promise<unknown> {
    if (this.#state !== 'up') return Promise.reject(this.#unusable(command))
    return this.#calls.send(this.#client, this.#context.commandTimeoutMs, this.#here, [command, ...args])
  }

  /** Runs a script and resolves with the result of `read` for its reply; rejects with a `RedisError`. */
  runScript<T>(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    read: (reply: unknown) => T,
  ): Promise<T> {
    return this.#scripts.run(script, keys, args, read)
  }

  /** The error of a call that failed so; if it says that the primary is elsewhere, the session looks for it. */
  failureOf(command: string, error: unknown): InvalidationError {
    const leaves = this.#purpose.leavesOn?.(error) !== false && this.#isElsewhere(error)
    if (leaves && this.up && this.#departures.depart()) this.reconnect()
    return toRedisError(error, command, this.server)
  }

  /** Whether a refusal says that the primary of the log may be elsewhere by now, so that it must be looked for. */
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
    const client = this.#context.source.makeClient(() => this.#backoff.delayMs(), this.#purpose.connectionName)
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
      await this.#purpose.prepare((command, ...args) =>
        this.#calls.send(this.#client, commandTimeoutMs, preparing, [command, ...args]),
      )
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
    this.#opened.resolve(undefined)
    this.#listener.onUp()
  }

  /** Nothing is taken before `onUp`: what was published until then is read from the log. */
  #take(channel: string, text: string): void {
    if (this.#state === 'up') this.#purpose.receive?.(channel, text)
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
    if (this.#mayPass(reason)) this.#opened.resolve(undefined)
    else this.#opened.reject(reason)
    this.#listener.onError(reason)
  }

  #rejectPending(reason: InvalidationError): void {
    this.#redirects?.close()
    this.#calls.rejectAll(reason)
  }

  /** Whether a later attempt may succeed. */
  #mayPass(error: InvalidationError): boolean {
    if (error instanceof UnsupportedServerError || error instanceof ConfigurationError) return false
    if (!(error instanceof RedisError)) return true
    return error.kind !== 'refused' && (error.kind !== 'moved' || this.kind === 'cluster')
  }
}
