import type { Command } from 'commander'
import { RedisError } from '../errors.js'
import type { ConnectionListener, InvalidationLog, LogCommands, LogConnection } from '../log/log.js'
import { openOnce } from '../log/open-once.js'
import { openLog } from '../open-log.js'
import { defaultChannel } from '../options.js'
import type { Runtime } from '../runtime.js'

const defaultRedis = 'redis://localhost:6379'

/** Which log a command is about. */
export interface Connection {
  /** May hold a password: never printed. */
  readonly redis: string
  readonly channel: string
}

/** The options that say so, as every command has them. */
export interface ConnectionFlags {
  readonly redis?: string
  readonly channel: string
}

export function addConnectionOptions(program: Command): void {
  program
    .option(
      '--redis <url>',
      `URL of the Redis server, such as rediss://user:password@host:6379/0 (default: REDIS_URL, else ${defaultRedis})`,
    )
    .option('--channel <name>', 'the Pub/Sub channel; the keys of the log derive from it', defaultChannel)
}

export function resolveConnection(
  { redis, channel }: ConnectionFlags,
  env: Readonly<Record<string, string | undefined>>,
): Connection {
  // An empty variable counts as one that is not set.
  const fromEnv = env.REDIS_URL === '' ? undefined : env.REDIS_URL
  return { redis: redis ?? fromEnv ?? defaultRedis, channel }
}

/** What opening a connection takes. */
export interface ConnectionContext {
  readonly connection: Connection
  readonly runtime: Runtime
  /** Closes the connection; whatever waits for it then rejects. */
  readonly signal: AbortSignal
}

export function logOf({ connection, runtime }: Omit<ConnectionContext, 'signal'>): InvalidationLog {
  return openLog(connection.redis, { channel: connection.channel, runtime })
}

/**
 * Runs a task over a command connection and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError or UnsupportedServerError where the first attempt to connect fails, or is refused
 */
export function withCommands<Result>(
  context: ConnectionContext,
  task: (commands: LogCommands) => Promise<Result>,
): Promise<Result> {
  return withConnection(context.signal, (listener) => logOf(context).openCommands(listener), task)
}

/** The same with a connection of any kind. */
export async function withConnection<Opened extends LogConnection, Result>(
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
