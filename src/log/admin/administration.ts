import { TLSSocket } from 'node:tls'
import { DEFAULT_CHANNEL } from '../../support/connection-options.js'
import type { ConnectionListener, LogConnection } from '../log.js'
import { type LogKeys, logKeys } from '../model/keys.js'
import type { SessionContext } from '../redis/client-source.js'
import { replyCode } from '../redis/errors.js'
import { checkPrimary } from '../redis/probe.js'
import { AtomicReads } from '../redis/reads.js'
import { type RedisLogOptions, sessionContext } from '../redis/redis-log.js'
import {
  type Named,
  readInfo,
  readList,
  readNumber,
  readOptionalText,
  readPairs,
  readStreamInfo,
  readText,
} from '../redis/replies.js'
import type { Send } from '../redis/session-calls.js'
import { RedisSession } from '../redis/session.js'
import type { RedisTarget, TargetKind } from '../redis/target.js'
import {
  type ClockReading,
  type Fact,
  factOf,
  keyNames,
  type KeyState,
  type LogSnapshot,
  readRawEntry,
} from './administration-replies.js'
import { countListeners } from './listeners.js'
import { maySubscribe, missingByDryRun, missingByTrial } from './rights-probe.js'
import { type Right, rightsOf } from './rights.js'

const expectedTypes = {
  stream: 'stream',
  last: 'string',
  cursors: 'hash',
  subscribers: 'hash',
  publishers: 'hash',
  dead: 'stream',
} as const

/** If a script selects a database, that holds only for the script. */
const existsElsewhere = "redis.call('SELECT', ARGV[1]) return redis.call('EXISTS', KEYS[1], KEYS[2])"

/**
 * An operator's view of the server and of a log on it, over a connection of its own. It asks nothing of the server that
 * a log needs, so it can tell of one that can't serve. It changes nothing.
 *
 * What the server refuses is a {@link Fact} without a value. Calls reject only where the link fails, with `RedisError`.
 */
export class Administration implements LogConnection {
  readonly #keys: LogKeys
  readonly #context: SessionContext
  readonly #session: RedisSession
  readonly #reads: AtomicReads

  /**
   * Starts connecting.
   *
   * @throws ConfigurationError for an option, a URL or a client that can't work
   */
  static connect(redis: RedisTarget, options: RedisLogOptions, listener: ConnectionListener): Administration {
    const keys = logKeys(options.channel ?? DEFAULT_CHANNEL)
    return new Administration(keys, sessionContext(redis, keys, options), listener)
  }

  private constructor(keys: LogKeys, context: SessionContext, listener: ConnectionListener) {
    this.#keys = keys
    this.#context = context
    this.#session = new RedisSession(context, listener, {
      prepare: (send) => this.#prepare(send),
      // Looks elsewhere only for a log that has moved: a replica, or a cluster that is down, is looked at as it is.
      leavesOn: (error) => this.target !== 'single' && replyCode(error) !== 'CLUSTERDOWN',
    })
    this.#reads = new AtomicReads(this.#session, [keys.stream, keys.last, keys.cursors])
  }

  get up(): boolean {
    return this.#session.up
  }

  opened(): Promise<void> {
    return this.#session.opened()
  }

  reconnect(): void {
    this.#session.reconnect()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  /** The names of the log in Redis. */
  get keys(): LogKeys {
    return this.#keys
  }

  /** What is connected to, of a cluster or behind sentinels the primary of now: `host:port` or the path of a socket. */
  get address(): string {
    return this.#session.server
  }

  /** What the server was named as. */
  get target(): TargetKind {
    return this.#session.kind
  }

  /** How long the server's certificate is valid for, in ms; undefined where the connection is not over TLS. */
  get certificateLeftMs(): number | undefined {
    const { stream } = this.#session
    if (!(stream instanceof TLSSocket)) return undefined
    return Date.parse(stream.getPeerCertificate().valid_to) - this.#context.runtime.now()
  }

  /** What INFO says, all sections in one. */
  info(): Promise<Fact<Named>> {
    return factOf(this.#session.call('info').then(readInfo))
  }

  /** What a node of a cluster says of it: CLUSTER INFO. */
  clusterInfo(): Promise<Fact<Named>> {
    return factOf(this.#session.call('cluster', 'INFO').then(readInfo))
  }

  /** Settings by name; one that this server does not have is missing. */
  settings(names: readonly string[]): Promise<Fact<Named>> {
    const each = names.map((name) => this.#session.call('config', 'GET', name).then(readPairs))
    return factOf(Promise.all(each).then((found) => new Map(found.flat())))
  }

  clock(): Promise<Fact<ClockReading>> {
    return factOf(this.#readClock())
  }

  /** The log with its newest entries, at least one. */
  snapshot(count: number): Promise<Fact<LogSnapshot>> {
    return factOf(this.#readSnapshot(count))
  }

  /** How much memory the stream takes, in bytes; 0 where there is none. */
  streamBytes(): Promise<Fact<number>> {
    // All its nodes are counted: the mean of a sample is far off where the first node is nearly empty.
    const bytes = this.#session.call('memory', 'USAGE', this.#keys.stream, 'SAMPLES', '0')
    return factOf(bytes.then((reply) => (reply === null ? 0 : readNumber(reply))))
  }

  /** The keys of the log, each with its type. */
  keyStates(): Promise<Fact<readonly KeyState[]>> {
    const states = keyNames.map(async (name): Promise<KeyState> => {
      const key = this.#keys[name]
      return { key, type: readText(await this.#session.call('type', key)), expected: expectedTypes[name] }
    })
    return factOf(Promise.all(states))
  }

  /** How many connections have subscribed to the channel, on this server or on any node of the cluster. */
  listeners(): Promise<Fact<number>> {
    const listening = { channel: this.#keys.channel, sharded: this.#context.sharded }
    return countListeners(listening, (...command) => this.#session.call(...command), this.#context)
  }

  /** The other databases of the server that have a log of the same channel. */
  otherDatabases(): Promise<Fact<readonly number[]>> {
    return factOf(this.#findOtherDatabases())
  }

  deadLetterCount(): Promise<Fact<number>> {
    return factOf(this.#session.call('xlen', this.#keys.dead).then(readNumber))
  }

  /** Positions that durable cursors hold in Redis, by name, as text. */
  cursors(): Promise<Fact<Named>> {
    // ioredis makes an object of what HGETALL replies, except in a transaction.
    return factOf(this.#reads.run(['hgetall', this.#keys.cursors]).then(([reply]) => new Map(readPairs(reply))))
  }

  /**
   * What publishers and subscribers of the log need and a user may not do.
   *
   * @param user default: the one we are ourselves, found out by trial
   * @throws ConfigurationError where there is no such user
   */
  missingRights(user?: string): Promise<Fact<readonly Right[]>> {
    return factOf(this.#findMissingRights(user))
  }

  /** A server that asks for a password takes connections without; it is asked something to show that it answers. */
  async #prepare(send: Send): Promise<void> {
    if (this.#session.primaryOnly) await checkPrimary(send, this.#session.server)
    try {
      await send('ping')
    } catch (error) {
      if (replyCode(error) !== 'NOPERM') throw error
    }
  }

  async #readClock(): Promise<ClockReading> {
    const { runtime } = this.#context
    const start = runtime.monotonic()
    const [seconds, microseconds] = readList(await this.#session.call('time'))
    const roundTripMs = runtime.monotonic() - start
    const serverMs = readNumber(seconds) * 1_000 + readNumber(microseconds) / 1_000
    return { serverMs, localMs: runtime.now() - roundTripMs / 2, roundTripMs }
  }

  async #findOtherDatabases(): Promise<readonly number[]> {
    const keyspace = readInfo(await this.#session.call('info', 'keyspace'))
    const own = this.#context.source.database
    const numbers = [...keyspace.keys()].flatMap((name) => /^db(\d+)$/.exec(name)?.[1] ?? [])
    const others = numbers.filter((number) => Number(number) !== own)
    const { stream, last } = this.#keys
    const counts = await Promise.all(
      others.map((number) => this.#session.call('eval', existsElsewhere, '2', stream, last, number).then(readNumber)),
    )
    return others.filter((_, index) => counts[index] !== 0).map(Number)
  }

  async #readSnapshot(count: number): Promise<LogSnapshot> {
    const { stream, last } = this.#keys
    const [head, info, newest] = await this.#reads.run(
      ['get', last],
      ['xinfo', 'stream', stream],
      ['xrevrange', stream, '+', '-', 'COUNT', String(Math.max(1, count))],
    )
    return {
      last: readOptionalText(head),
      stream: readStreamInfo(info),
      newest: readList(newest).map(readRawEntry).toReversed(),
    }
  }

  async #findMissingRights(user: string | undefined): Promise<readonly Right[]> {
    const rights = rightsOf(this.#keys, this.#context.sharded)
    if (user !== undefined) return missingByDryRun((...command) => this.#session.call(...command), user, rights)
    return missingByTrial(
      (...command) => this.#session.callHere(...command),
      rights,
      () => maySubscribe(this.#keys.channel, this.#context),
    )
  }
}
