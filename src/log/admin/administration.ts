import { TLSSocket } from 'node:tls'
import type { InvalidationError } from '../../support/errors.js'
import { defaultChannel } from '../../support/connection-options.js'
import type { ConnectionListener } from '../log.js'
import { type LogKeys, logKeys } from '../model/keys.js'
import { replyCode, toRedisError } from '../redis/errors.js'
import { checkPrimary } from '../redis/probe.js'
import { connectionContext, type RedisLogOptions } from '../redis/redis-log.js'
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
import { ScriptCalls } from '../redis/script-calls.js'
import { readScript } from '../redis/scripts/read.js'
import { Connection, type ConnectionContext, type Send } from '../redis/session.js'
import type { RedisTarget, TargetKind } from '../redis/target.js'
import { type Command, transaction } from '../redis/transaction.js'
import {
  type ClockReading,
  type Fact,
  factOf,
  keyNames,
  type KeyState,
  type LogSnapshot,
  readRawEntry,
} from './administration-replies.js'
import { countListeners, type Listening } from './listeners.js'
import { maySubscribe, missingByDryRun, missingByTrial } from './rights-probe.js'
import { type Right, rightsOf } from './rights.js'

const expectedTypes = {
  stream: 'stream',
  last: 'string',
  cursors: 'hash',
  subscribers: 'hash',
  dead: 'stream',
} as const

/**
 * An operator's view of the server and of a log on it, over a connection of its own. It asks nothing of the server that
 * a log needs, so it can tell of one that can't serve. It changes nothing.
 *
 * What the server refuses is a {@link Fact} without a value. Calls reject only where the link fails, with `RedisError`.
 */
export class Administration extends Connection {
  readonly #keys: LogKeys
  readonly #context: ConnectionContext
  readonly #sharded: boolean
  readonly #scripts = new ScriptCalls((command, ...args) => this.call(command, ...args))

  /**
   * Starts connecting.
   *
   * @throws ConfigurationError for an option, a URL or a client that can't work
   */
  static connect(redis: RedisTarget, options: RedisLogOptions, listener: ConnectionListener): Administration {
    const keys = logKeys(options.channel ?? defaultChannel)
    return new Administration(keys, connectionContext(redis, keys, options), listener, options.sharded ?? false)
  }

  private constructor(keys: LogKeys, context: ConnectionContext, listener: ConnectionListener, sharded: boolean) {
    super(context, listener)
    this.#keys = keys
    this.#context = context
    this.#sharded = sharded
  }

  /** The names of the log in Redis. */
  get keys(): LogKeys {
    return this.#keys
  }

  /** What is connected to, of a cluster or behind sentinels the primary of now: `host:port` or the path of a socket. */
  get address(): string {
    return this.server
  }

  /** What the server was named as. */
  get target(): TargetKind {
    return this.kind
  }

  /** How long the server's certificate is valid for, in ms; undefined where the connection is not over TLS. */
  get certificateLeftMs(): number | undefined {
    const { stream } = this
    if (!(stream instanceof TLSSocket)) return undefined
    return Date.parse(stream.getPeerCertificate().valid_to) - this.#context.runtime.now()
  }

  /** What INFO says, all sections in one. */
  info(): Promise<Fact<Named>> {
    return factOf(this.call('info').then(readInfo))
  }

  /** What a node of a cluster says of it: CLUSTER INFO. */
  clusterInfo(): Promise<Fact<Named>> {
    return factOf(this.call('cluster', 'INFO').then(readInfo))
  }

  /** Settings by name; one that this server does not have is missing. */
  settings(names: readonly string[]): Promise<Fact<Named>> {
    const each = names.map((name) => this.call('config', 'GET', name).then(readPairs))
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
    const bytes = this.call('memory', 'USAGE', this.#keys.stream, 'SAMPLES', '0')
    return factOf(bytes.then((reply) => (reply === null ? 0 : readNumber(reply))))
  }

  /** The keys of the log, each with its type. */
  keyStates(): Promise<Fact<readonly KeyState[]>> {
    const states = keyNames.map(async (name): Promise<KeyState> => {
      const key = this.#keys[name]
      return { key, type: readText(await this.call('type', key)), expected: expectedTypes[name] }
    })
    return factOf(Promise.all(states))
  }

  /** How many connections have subscribed to the channel, on this server or on any node of the cluster. */
  listeners(): Promise<Fact<number>> {
    return countListeners(this.#listening, (...command) => this.call(...command), this.#context)
  }

  deadLetterCount(): Promise<Fact<number>> {
    return factOf(this.call('xlen', this.#keys.dead).then(readNumber))
  }

  /** Positions that durable cursors hold in Redis, by name, as text. */
  cursors(): Promise<Fact<Named>> {
    // ioredis makes an object of what HGETALL replies, except in a transaction.
    return factOf(this.#transaction(['hgetall', this.#keys.cursors]).then(([reply]) => new Map(readPairs(reply))))
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

  /** Looks elsewhere only where the log is by now: a replica, or a cluster that is down, is looked at as it is. */
  protected override failureOf(command: string, error: unknown): InvalidationError {
    const isElsewhere = this.target !== 'single' && replyCode(error) !== 'CLUSTERDOWN'
    return isElsewhere ? super.failureOf(command, error) : toRedisError(error, command, this.server)
  }

  /** A server that asks for a password takes connections without; it is asked something to show that it answers. */
  protected override async prepare(send: Send): Promise<void> {
    if (this.primaryOnly) await checkPrimary(send, this.server)
    try {
      await send('ping')
    } catch (error) {
      if (replyCode(error) !== 'NOPERM') throw error
    }
  }

  async #readClock(): Promise<ClockReading> {
    const { runtime } = this.#context
    const start = runtime.monotonic()
    const [seconds, microseconds] = readList(await this.call('time'))
    const roundTripMs = runtime.monotonic() - start
    const serverMs = readNumber(seconds) * 1_000 + readNumber(microseconds) / 1_000
    return { serverMs, localMs: runtime.now() - roundTripMs / 2, roundTripMs }
  }

  async #readSnapshot(count: number): Promise<LogSnapshot> {
    const { stream, last } = this.#keys
    const [head, info, newest] = await this.#transaction(
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
    const rights = rightsOf(this.#keys, this.#sharded)
    if (user !== undefined) return missingByDryRun((...command) => this.call(...command), user, rights)
    return missingByTrial(
      (...command) => this.callHere(...command),
      rights,
      () => maySubscribe(this.#listening, this.#context),
    )
  }

  get #listening(): Listening {
    return { channel: this.#keys.channel, sharded: this.#sharded }
  }

  #transaction(...commands: readonly Command[]): Promise<readonly unknown[]> {
    const { stream, last, cursors } = this.#keys
    return transaction(
      {
        call: (command, ...args) => this.callHere(command, ...args),
        callInScript: (each) =>
          this.#scripts.run(readScript, [stream, last, cursors], [JSON.stringify(each)], readList),
        failureOf: (command, error) => this.failureOf(command, error),
      },
      ...commands,
    )
  }
}
