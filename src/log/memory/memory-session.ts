import { type InvalidationError, RedisError } from '../../support/errors.js'
import type { Runtime, Timer } from '../../support/runtime.js'
import { toError } from '../../support/thrown.js'
import type { ConnectionListener, LogConnection } from '../log.js'
import type { MemoryReplica } from './memory-replica.js'
import type { MemoryServer } from './memory-server.js'
import { MemoryWire } from './memory-wire.js'

/** Why a server refuses writes: it is a replica, or the rights are missing. */
export type WriteRefusal = 'readonly' | 'refused'

/** What a session is made of. */
export interface MemorySessionContext {
  readonly server: MemoryServer
  /** The server behind the link of this connection. */
  readonly replica: MemoryReplica
  readonly runtime: Runtime
  /** From a call to its reply. */
  readonly latencyMs: number
  /** From the loss of a connection to the next attempt. */
  readonly reconnectMs: number
  /** Whether attempts to connect succeed. */
  readonly isReachable: () => boolean
  readonly writeRefusal: () => WriteRefusal | undefined
  readonly pageLimit: () => number
  readonly onClosed: () => void
}

/** What a session does for its owner as it goes up and down. */
export interface MemorySessionHooks {
  /** Called just before `onUp`. */
  readonly attach: () => void
  /** Called right after the connection was lost or closed, also if it was not up. */
  readonly detach: () => void
}

/** A connection to a `MemoryServer`: goes up and down as a socket does, and answers calls in order. */
export class MemorySession implements LogConnection {
  readonly #context: MemorySessionContext
  readonly #listener: ConnectionListener
  readonly #hooks: MemorySessionHooks | undefined
  readonly #opened = Promise.withResolvers<undefined>()
  readonly #pending = new Set<(error: Error) => void>()
  #requests: MemoryWire
  #replies: MemoryWire
  #up = false
  #closed = false
  #retry: Timer | undefined

  /** Starts connecting. */
  constructor(context: MemorySessionContext, listener: ConnectionListener, hooks?: MemorySessionHooks) {
    this.#context = context
    this.#listener = listener
    this.#hooks = hooks
    this.#requests = new MemoryWire(context.runtime)
    this.#replies = new MemoryWire(context.runtime)
    this.#connect()
  }

  get up(): boolean {
    return this.#up
  }

  opened(): Promise<void> {
    return this.#opened.promise
  }

  reconnect(): void {
    if (this.#up) this.#lose('the client dropped it to make a new one', () => this.#connect())
  }

  close(): Promise<void> {
    this.#closed = true
    this.#retry?.cancel()
    this.#opened.resolve(undefined)
    this.#context.onClosed()
    this.#tearDown(lost('the client closed it'))
    return Promise.resolve()
  }

  /** Cuts the connection; it comes back by itself when it can. */
  cut(reason: string): void {
    if (this.#up) this.#lose(reason, () => this.#retryLater())
  }

  /** Why writes are refused; undefined if they are not. */
  get writeRefusal(): WriteRefusal | undefined {
    return this.#context.writeRefusal()
  }

  /** How many entries a page may have; more cut the connection. */
  get pageLimit(): number {
    return this.#context.pageLimit()
  }

  /** Runs `operation` on the server and resolves with what it returns, or rejects when the connection goes down. */
  call<T>(operation: () => T, holdMs = 0): Promise<T> {
    if (!this.#up) return Promise.reject(lost('it is down'))
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      this.#requests.send(this.#context.latencyMs / 2, () => {
        const settle = attempt(operation, resolve, reject)
        this.deliver(holdMs, () => {
          this.#pending.delete(reject)
          settle()
        })
      })
    })
  }

  /** Sends something from the server to the client, behind all that is already on its way. */
  deliver(holdMs: number, run: () => void): void {
    this.#replies.send(this.#context.latencyMs / 2 + holdMs, run)
  }

  #connect(): void {
    this.#replies.send(this.#context.latencyMs, () => {
      if (this.#closed) return
      if (this.#context.isReachable()) this.#comeUp()
      else this.#failToConnect()
    })
  }

  #comeUp(): void {
    this.#up = true
    this.#hooks?.attach()
    this.#opened.resolve(undefined)
    this.#listener.onUp()
  }

  #failToConnect(): void {
    this.#opened.resolve(undefined)
    this.#retryLater()
    this.#listener.onError(lost('the server is away'))
  }

  #retryLater(): void {
    this.#retry = this.#context.runtime.after(this.#context.reconnectMs, () => this.#connect())
  }

  #lose(reason: string, connectAgain: () => void): void {
    const error = lost(reason)
    this.#tearDown(error)
    connectAgain()
    this.#listener.onDown(error)
  }

  #tearDown(error: InvalidationError): void {
    this.#up = false
    this.#hooks?.detach()
    this.#requests.cut()
    this.#replies.cut()
    // New wires: the old ones may still sleep until what they carried would have been due.
    this.#requests = new MemoryWire(this.#context.runtime)
    this.#replies = new MemoryWire(this.#context.runtime)
    for (const reject of this.#pending) reject(error)
    this.#pending.clear()
  }
}

function lost(reason: string): RedisError {
  return new RedisError('disconnected', `The connection to the log in memory is not usable: ${reason}`)
}

/** Runs the operation now; returns what settles the promise with its outcome later. */
function attempt<T>(operation: () => T, resolve: (value: T) => void, reject: (error: Error) => void): () => void {
  try {
    const value = operation()
    return () => {
      resolve(value)
    }
  } catch (error) {
    return () => {
      reject(toError(error))
    }
  }
}
