import { Redis, type RedisOptions } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { changeCommands } from '../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../src/log/log.js'
import { RedisLog } from '../../src/log/redis/redis-log.js'
import { subscriberRules } from '../../src/subscriber/options.js'
import type { Subscription } from '../../src/subscriber/subscription.js'
import { appendEntries } from '../support/append-entries.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { startRedisServer } from '../support/redis-server.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

const subscribers = 200
/** A Pub/Sub connection and one for commands each. */
const connections = 2 * subscribers
/** More than three pages of a replay hold, which is 16, 64 and 256. */
const missed = 1_000

/** How many attempts to connect each client makes while Redis is away: the next is up to 1.6 s off. */
const attemptsWhileAway = 6

/** A client to be lent that notes when the duplicates made of it begin to connect. */
class WatchedClient extends Redis {
  /** Of each duplicate, when its attempts began. */
  readonly attempts: number[][] = []

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const client = super.duplicate(override)
    const attempts: number[] = []
    this.attempts.push(attempts)
    client.on('connecting', () => attempts.push(performance.now()))
    return client
  }
}

/** How many pages are read at once through a log. */
class ReadingPages {
  pages = 0
  most = 0
  #now = 0

  through(log: InvalidationLog): InvalidationLog {
    return changeCommands(log, (commands) => ({
      readPage: async (...page) => {
        this.pages++
        this.most = Math.max(this.most, ++this.#now)
        try {
          return await commands.readPage(...page)
        } finally {
          this.#now--
        }
      },
    }))
  }
}

/** The most of these moments that lie within a window of so many ms. */
function mostWithin(windowMs: number, moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b)
  const ends = sorted.map((from) => sorted.findLastIndex((each) => each < from + windowMs))
  return Math.max(...ends.map((end, start) => end - start + 1))
}

/** Has entries appended while the server is down for everybody else, by one on the same files at another port. */
async function appendWhileDown(): Promise<void> {
  const other = await startRedisServer({ dir: fleet.server.dir, persistence: 'aof' })
  const redis = new Redis(other.url)
  await appendEntries(redis, fleet.channel, missed)
  redis.disconnect()
  await other.stop()
}

describe('200 subscribers that lose Redis at once', () => {
  it(
    'come back apart from each other, and read a few pages at a time until they have all that they missed',
    { timeout: 180_000 },
    async () => {
      fleet = await LiveFleet.start({ persistence: 'aof', args: ['--appendfsync', 'always'] })
      const client = new WatchedClient(fleet.server.url, { lazyConnect: true })
      const reading = new ReadingPages()
      const log = reading.through(new RedisLog(client, { channel: fleet.channel }))
      const handled = Array.from({ length: subscribers }, () => 0)
      const resyncs: string[] = []
      const follow = async (_: unknown, index: number): Promise<Subscription> => {
        const subscriber = await fleet.subscriber({ heartbeatMs: 1_000, commandTimeoutMs: 5_000 }, log)
        const subscription = subscriber.subscribe(() => {
          handled[index] = (handled[index] ?? 0) + 1
        })
        subscription.on('resync', ({ reason }) => resyncs.push(reason))
        await subscription.caughtUp()
        return subscription
      }
      const subscriptions = await Promise.all(handled.map(follow))

      await fleet.server.kill()
      const lostAt = performance.now()
      await appendWhileDown()
      const haveTried = (): boolean =>
        client.attempts.every((each) => each.filter((at) => at > lostAt).length >= attemptsWhileAway)
      await until(haveTried, 60_000, `${attemptsWhileAway} attempts of each client`)
      await fleet.server.restart()
      const areBack = (): boolean =>
        subscriptions.every(({ state }) => state === 'live') && handled.every((count) => count >= missed)
      await until(areBack, 90_000, 'every subscriber live again, with all that it missed')

      expect(resyncs).toEqual([])
      expect(handled).toEqual(Array.from({ length: subscribers }, () => missed))
      // Those that reached it; in step, all of them would have begun within a few ms.
      const successful = client.attempts.flatMap((each) => each.at(-1) ?? [])
      expect(successful).toHaveLength(connections)
      expect(mostWithin(250, successful)).toBeLessThan(0.55 * connections)
      expect(reading.pages).toBeGreaterThanOrEqual(4 * subscribers)
      expect(reading.most).toBe(subscriberRules.replayConcurrency.default)
    },
  )
})
