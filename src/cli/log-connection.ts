import type { Command } from 'commander'
import { Administration } from '../log/admin/administration.js'
import type { ConnectionListener, InvalidationLog, LogCommands, LogConnection } from '../log/log.js'
import { appendIds } from '../log/model/position.js'
import type { Retention } from '../log/model/retention.js'
import { openLog, openOnce } from '../log/open-log.js'
import type { RedisLogOptions, TlsOptions } from '../log/redis/redis-log.js'
import { decodeMessage } from '../message/wire/decode.js'
import { DeadLetters } from '../subscriber/handling/dead-letters.js'
import { connectionRules, DEFAULT_CHANNEL } from '../support/connection-options.js'
import { RedisError } from '../support/errors.js'
import type { Runtime } from '../support/runtime.js'
import { keepAll } from './arguments.js'
import type { ExitCode } from './exit-codes.js'
import { addTlsOptions, resolveTls, type TlsFlags } from './tls-options.js'

const defaultRedis = 'redis://localhost:6379'

/** Which log a command is about. */
export interface LogTarget {
  /** May hold a password: never printed. */
  readonly redis: string
  readonly channel: string
  readonly sharded: boolean
  readonly tls: TlsOptions
}

/** The options that say so, as every command has them. */
export interface ConnectionFlags extends TlsFlags {
  readonly redis?: string
  readonly channel: string
  readonly sharded?: boolean
}

export function addConnectionOptions(program: Command): void {
  program
    .option(
      '--redis <url>',
      `URL of Redis, such as rediss://user:password@host:6379/0, redis+sentinel://host:26379/mymaster or redis+cluster://host:7000 (default: REDIS_URL, else ${defaultRedis})`,
    )
    .option('--channel <name>', 'the Pub/Sub channel; the keys of the log derive from it', DEFAULT_CHANNEL)
    .option('--sharded', 'the services have `sharded`: publish and listen in the shard of the log alone')
  addTlsOptions(program)
}

/** @throws UsageError where the flags do not go together */
export function resolveConnection(
  { redis: flag, channel, sharded: inShard, ...flags }: ConnectionFlags,
  env: Readonly<Record<string, string | undefined>>,
): LogTarget {
  // An empty variable counts as one that is not set.
  const fromEnv = env.REDIS_URL === '' ? undefined : env.REDIS_URL
  const redis = flag ?? fromEnv ?? defaultRedis
  const sharded = connectionRules.sharded.resolve(inShard, '--sharded')
  return { redis, channel, sharded, tls: resolveTls(flags, redis) }
}

/** What opening a connection takes. */
export interface ConnectionContext {
  readonly connection: LogTarget
  readonly runtime: Runtime
  /** Closes the connection; whatever waits for it then rejects. */
  readonly signal: AbortSignal
}

/** What the connections of the log are made with. */
function logOptions({ connection, runtime }: Omit<ConnectionContext, 'signal'>): RedisLogOptions {
  const { channel, sharded, tls } = connection
  return { channel, sharded, tls, runtime, owner: { role: 'cli', service: '' } }
}

/** @param uses what the server must be able to do; by default what reading takes */
export function logOf(
  context: Omit<ConnectionContext, 'signal'>,
  uses: RedisLogOptions['uses'] = ['read'],
): InvalidationLog {
  return openLog(context.connection.redis, { ...logOptions(context), uses })
}

/**
 * Runs a task over a command connection and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError or UnsupportedServerError where the first attempt to connect fails, or is refused
 */
export function withCommands<Result>(
  context: ConnectionContext,
  task: (commands: LogCommands) => Promise<Result>,
  uses?: RedisLogOptions['uses'],
): Promise<Result> {
  return withConnection(context.signal, (listener) => logOf(context, uses).openCommands(listener), task)
}

/** The same with a connection of any kind. */
async function withConnection<Opened extends LogConnection, Result>(
  signal: AbortSignal,
  open: (listener: ConnectionListener) => Opened,
  task: (connection: Opened) => Promise<Result>,
): Promise<Result> {
  let connection: Opened | undefined
  const close = (): void => void connection?.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    signal.throwIfAborted()
    const opened = await openOnce((listener) => (connection = open(listener)))
    if (!opened.up) throw new RedisError('disconnected', 'The connection was closed before it came up')
    return await task(opened)
  } finally {
    signal.removeEventListener('abort', close)
    await connection?.close()
  }
}

/**
 * Looks at the server over a connection of its own, and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError where the first attempt to connect fails, or is refused
 */
export function withAdministration<Result>(
  context: ConnectionContext,
  task: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const { redis } = context.connection
  const open = (listener: ConnectionListener): Administration =>
    Administration.connect(redis, logOptions(context), listener)
  return withConnection(context.signal, open, task)
}

/** Runs a task on the dead letters. `retention` is that of the log: only a redrive appends to it. */
export function withDeadLetters(
  context: ConnectionContext,
  task: (deadLetters: DeadLetters) => Promise<ExitCode>,
  retention: Retention = keepAll,
): Promise<ExitCode> {
  const nextAppendId = appendIds(context.runtime)
  return withCommands(context, (commands) =>
    task(
      new DeadLetters({
        store: commands,
        republish: async (message) => {
          decodeMessage(message)
          await commands.append(nextAppendId(), message, retention)
        },
      }),
    ),
  )
}
