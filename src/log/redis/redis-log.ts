import { connectionRules, type CredentialsSource, DEFAULT_CHANNEL } from '../../support/connection-options.js'
import { type Runtime, systemRuntime } from '../../support/runtime.js'
import type { ConnectionListener, FeedListener, InvalidationLog, LogCommands, LogFeed } from '../log.js'
import { type LogKeys, logKeys } from '../model/keys.js'
import type { SessionContext } from './client-source.js'
import { makeClientSource } from './clients.js'
import { RedisCommands } from './commands.js'
import { connectionName, type ConnectionOwner } from './connection-name.js'
import { RedisFeed } from './feed.js'
import type { LogUse } from './probe.js'
import type { RedisTarget, TlsOptions } from './target.js'
import { slotOf } from './topology/slots.js'

export type { RedisTarget, TlsOptions } from './target.js'

/** Options of a {@link RedisLog}. */
export interface RedisLogOptions {
  /** The Pub/Sub channel; the keys of the log derive from it. Default `cache:invalidate`. */
  readonly channel?: string | undefined
  /** Publishes and subscribes in the log's slot of a cluster alone. Default false. */
  readonly sharded?: boolean
  /**
   * What TLS takes beside a URL that asks for it: `ca`, `cert` and `key`. Default: what Node trusts, no certificate.
   */
  readonly tls?: TlsOptions
  /** Gives user and password of each connection. Default: what the URL, the options or the client have by then. */
  readonly credentials?: CredentialsSource | undefined
  /** How long a command, or an attempt to connect, may take before the connection is replaced, in ms. Default 5,000. */
  readonly commandTimeoutMs?: number
  /** Clock, timers and randomness. Default: the system's. */
  readonly runtime?: Runtime
  /** The owner, for the names of its connections in CLIENT LIST. Default: no owner. */
  readonly owner?: ConnectionOwner
  /** What command connections are used for: the server is asked for what that needs. Default: it follows from the owner. */
  readonly uses?: readonly LogUse[]
}

/**
 * The log in Redis. Every connection it opens is its own: a client that is handed in is only the configuration they
 * are made from, and may be closed or reconnecting itself.
 */
export class RedisLog implements InvalidationLog {
  readonly #keys: LogKeys
  readonly #context: SessionContext

  /** @throws ConfigurationError for an option, a URL or a client that can't work */
  constructor(redis: RedisTarget, options: RedisLogOptions = {}) {
    this.#keys = logKeys(options.channel ?? DEFAULT_CHANNEL)
    this.#context = sessionContext(redis, this.#keys, options)
  }

  get channel(): string {
    return this.#keys.channel
  }

  get server(): string | undefined {
    const { kind, origin } = this.#context.source
    return kind === 'single' ? origin : undefined
  }

  get database(): number {
    return this.#context.source.database
  }

  get origin(): string {
    return this.#context.source.origin
  }

  openCommands(listener: ConnectionListener): LogCommands {
    return new RedisCommands(this.#keys, this.#context, listener)
  }

  openFeed(listener: FeedListener): LogFeed {
    return new RedisFeed(this.channel, this.#context, listener)
  }
}

/**
 * What the sessions of a log are made of.
 *
 * @throws ConfigurationError for an option, a URL or a client that can't work
 */
export function sessionContext(redis: RedisTarget, keys: LogKeys, options: RedisLogOptions): SessionContext {
  const commandTimeoutMs = connectionRules.commandTimeoutMs.resolve(options.commandTimeoutMs, 'commandTimeoutMs')
  const sharded = connectionRules.sharded.resolve(options.sharded, 'sharded')
  const credentials = connectionRules.credentials.resolve(options.credentials, 'credentials')
  const { runtime = systemRuntime, owner, tls } = options
  const name = connectionName(owner)
  const feedName = connectionName(owner?.role === 'subscriber' ? { ...owner, role: 'feed' } : owner)
  const slot = slotOf(keys.channel)
  const source = makeClientSource(redis, { slot, runtime, commandTimeoutMs, name, credentials }, tls)
  return { source, runtime, commandTimeoutMs, feedName, sharded, uses: options.uses ?? usesOf(owner) }
}

function usesOf(owner: ConnectionOwner | undefined): readonly LogUse[] {
  if (owner === undefined) return ['append', 'read']
  return owner.role === 'publisher' ? ['append'] : ['read']
}
