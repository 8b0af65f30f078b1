import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { curvePercentiles } from '../latency-histogram.js'
import type { CaseWithRedis, Measurement, Reading, Size } from '../measurement.js'
import type { Resources } from '../resources.js'
import { Worker } from '../workers/worker.js'

/** How many messages a second, and how many of them a run measures. */
const rates: Readonly<Record<Size, readonly (readonly [perSecond: number, count: number])[]>> = {
  full: [
    [200, 2_000],
    [5_000, 50_000],
    [20_000, 200_000],
  ],
  default: [
    [200, 400],
    [5_000, 5_000],
    [20_000, 20_000],
  ],
  smoke: [[200, 20]],
}

/** Messages before anything is measured: with fewer, V8 still compiles on threads of its own, which take turns with the rest. */
const warmUp: Readonly<Record<Size, number>> = { full: 200_000, default: 90_000, smoke: 50 }
const warmUpPerSecond = 30_000
/** Seconds at the rate itself before each run: whoever has been idle is slower at first. */
const leadInSeconds = 0.1

/**
 * An open loop: each message is due at its time on a fixed schedule, and sent whether or not those before it were
 * acknowledged. Its latency counts from when it was due, so that a sender which is held up hides nothing; how late the
 * sender was is a figure of its own.
 */
export const latency: Measurement = {
  name: 'latency',
  title: 'Latency: from when a message was due to be published to handled in another process',
  figures: [
    { name: 'p50_ms', title: 'p50', unit: 'ms', better: 'lower' },
    { name: 'p90_ms', title: 'p90', unit: 'ms', better: 'lower' },
    { name: 'p99_ms', title: 'p99', unit: 'ms', better: 'lower' },
    { name: 'p999_ms', title: 'p99.9', unit: 'ms', better: 'lower' },
    { name: 'max_ms', title: 'max', unit: 'ms', better: 'lower' },
    { name: 'sender_late_p99_ms', title: 'sender late, p99', unit: 'ms', better: 'lower' },
    { name: 'lost', title: 'lost', unit: 'messages', better: 'lower', fault: true },
    { name: 'disconnects', title: 'disconnected', unit: 'times', better: 'lower', fault: true },
  ],
  cases: (size) =>
    rates[size].map(([perSecond, count]): CaseWithRedis => ({
      name: `${perSecond.toLocaleString('en-US')} a second`,
      parameters: { per_s: perSecond },
      redis: [],
      async open({ server: { url }, resources }) {
        const redis = new Redis(url)
        resources.defer(() => redis.quit())
        const open = async (name: string, title: string) => {
          const exchange = await PacedExchange.open(name, url, redis, resources)
          await exchange.publish(warmUp[size], warmUpPerSecond)
          return { name, title, run: () => exchange.measure(count, perSecond) }
        }
        return Promise.all([
          open('cache-invalidation', 'cache-invalidation'),
          open('ioredis', 'ioredis PUBLISH/SUBSCRIBE'),
        ])
      },
    })),
}

/** A process that publishes, and one that handles. */
class PacedExchange {
  readonly #publisher: Worker
  readonly #subscriber: Worker
  readonly #redis: Redis

  static async open(peer: string, url: string, redis: Redis, resources: Resources): Promise<PacedExchange> {
    const channel = `bench:${randomUUID()}`
    const [publisher, subscriber] = await Promise.all([
      Worker.start('latency-publisher.ts', [peer, url, channel]),
      Worker.start('latency-subscriber.ts', [peer, url, channel]),
    ])
    resources.use(publisher)
    resources.use(subscriber)
    return new PacedExchange(publisher, subscriber, redis)
  }

  private constructor(publisher: Worker, subscriber: Worker, redis: Redis) {
    this.#publisher = publisher
    this.#subscriber = subscriber
    this.#redis = redis
  }

  async publish(count: number, perSecond: number) {
    const connectionsBefore = await this.#connections()
    const [lateMs = NaN] = await this.#publisher.ask(count, perSecond)
    const [handled = NaN, ...curve] = await this.#subscriber.ask(count)
    // Whoever was disconnected has come back: nobody else connects.
    const disconnects = (await this.#connections()) - connectionsBefore
    return { lateMs, curve, faults: { lost: Math.max(0, count - handled), disconnects } }
  }

  async measure(count: number, perSecond: number): Promise<Reading> {
    await this.publish(Math.ceil(leadInSeconds * perSecond), perSecond)
    const { lateMs, curve, faults } = await this.publish(count, perSecond)
    const percentiles = curvePercentiles.map((percentile, index) => [percentile, curve[index] ?? NaN] as const)
    const at = new Map(percentiles)
    const ms = (percentile: number): number => at.get(percentile) ?? NaN
    return {
      figures: {
        p50_ms: ms(50),
        p90_ms: ms(90),
        p99_ms: ms(99),
        p999_ms: ms(99.9),
        max_ms: ms(100),
        sender_late_p99_ms: lateMs,
        ...faults,
      },
      percentiles,
    }
  }

  /** That the server has taken since its start. */
  async #connections(): Promise<number> {
    const [, connections] = /total_connections_received:(\d+)/.exec(await this.#redis.info('stats')) ?? []
    return Number(connections)
  }
}
