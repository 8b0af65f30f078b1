import {
  ConfigurationError,
  InvalidationPublisher,
  InvalidationSubscriber,
  type Logger,
  type RedisSource,
} from '../index.js'
import { describeValue } from '../support/describe-value.js'
import type { Resolved } from '../support/option-rules.js'
import type { cacheRules } from './options.js'

/** The connections that a cache shares with the application and with other caches. */
export interface CacheLinks {
  readonly subscriber: InvalidationSubscriber
  /** Needed to invalidate and to update. */
  readonly publisher?: InvalidationPublisher
}

/** The connections of a cache. */
export interface Connections extends CacheLinks {
  /** Whether the cache closes them. */
  readonly own: boolean
}

/**
 * Opens connections for one cache.
 *
 * @throws ConfigurationError for options that can't work together, and as `InvalidationSubscriber.connect`
 */
export async function openConnections(redis: RedisSource, options: Resolved<typeof cacheRules>): Promise<Connections> {
  const { service, maxStalenessMs, channel, heartbeatMs, commandTimeoutMs, closeTimeoutMs, credentials } = options
  const { retention, sharded, announce, tracing, logger, runtime } = options
  checkService(service)
  checkStaleness(maxStalenessMs, heartbeatMs)
  const always = { heartbeatMs, commandTimeoutMs, closeTimeoutMs, retention, sharded, announce, tracing, runtime }
  // What they emit as errors, the cache emits, and only it logs that.
  const link = {
    ...always,
    ...given({ channel, credentials, logger: logger && { ...bound(logger), error: () => {} } }),
  }
  const subscriber = await InvalidationSubscriber.connect(redis, { ...link, service })
  try {
    return { subscriber, publisher: await InvalidationPublisher.connect(redis, service, link), own: true }
  } catch (error) {
    await subscriber.close()
    throw error
  }
}

/** @throws ConfigurationError if one of them is not a subscriber, or not a publisher */
export function borrowConnections({ subscriber, publisher }: CacheLinks): Connections {
  if (!(subscriber instanceof InvalidationSubscriber)) {
    throw new ConfigurationError(
      `Expected \`subscriber\` to be an InvalidationSubscriber, got ${describeValue(subscriber)}: await \`InvalidationSubscriber.connect(redis)\``,
    )
  }
  if (publisher !== undefined && !(publisher instanceof InvalidationPublisher)) {
    throw new ConfigurationError(
      `Expected \`publisher\` to be an InvalidationPublisher, got ${describeValue(publisher)}: await \`InvalidationPublisher.connect(redis, 'my-service')\``,
    )
  }
  return { subscriber, own: false, ...given({ publisher }) }
}

function bound(logger: Logger): Omit<Logger, 'error'> {
  return {
    debug: (text) => logger.debug(text),
    info: (text) => logger.info(text),
    warn: (text) => logger.warn(text),
  }
}

function checkService(service: string): void {
  if (service !== '') return
  throw new ConfigurationError(
    "Expected `service` of CoherentCache.connect to be the name of this service, got ''. It signs what the cache publishes",
  )
}

/** A value that is proved once per heartbeat is never younger than one, and one that is missed means nothing. */
function checkStaleness(maxStalenessMs: number, heartbeatMs: number): void {
  if (maxStalenessMs >= 3 * heartbeatMs) return
  throw new ConfigurationError(
    `Expected \`maxStalenessMs\` to be at least three heartbeats (${3 * heartbeatMs} ms), got ${maxStalenessMs}: raise it, or lower \`heartbeatMs\``,
  )
}

/** Without what is undefined: options tell "not given" from a value. */
function given<Options extends object>(options: Options): { [Name in keyof Options]?: NonNullable<Options[Name]> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  // Sound: these are its own entries, without those that are undefined.
  return Object.fromEntries(entries) as { [Name in keyof Options]?: NonNullable<Options[Name]> }
}
