import { randomUUID } from 'node:crypto'
import type { Reading } from '../measurement.js'
import type { Resources } from '../resources.js'
import { Worker } from '../workers/worker.js'
import { type Begin, type Finish, isBegun, isHandled, isPublished, type Publish } from './questions.js'
import type { RedisGauge } from './redis-gauge.js'
import { readingOf, type Round } from './round.js'

export interface FloodOptions {
  /** As in peers.ts. */
  readonly peer: string
  readonly url: string
  /** Of the server at that URL. */
  readonly redis: Pick<RedisGauge, 'read'>
  /** How many there are in each of their processes. */
  readonly publishers: readonly number[]
  /** How many there are in each of their processes. */
  readonly subscribers: readonly number[]
  /** All publishers' together; each awaits a `publish()` before the next. */
  readonly callers: number
  readonly durations: FloodDurations
}

/** All in ms. */
export interface FloodDurations {
  /** The first warm-up of a process: code that has run only some thousand times is not compiled yet. */
  readonly cold: number
  readonly warmUp: number
  readonly measured: number
}

/** A single caller would not get the code compiled in time. */
const leastCallersOfWarmUp = 100
const mostLossyRounds = 5
/** Keys that are held for a round of which nothing is known yet, and for any: it ends earlier when they are used up. */
const [firstCount, mostCount] = [5_000, 2_000_000]

/** Publishers that publish as fast as they can, and subscribers: in processes of their own, which stay for all rounds. */
export class Flood {
  readonly #options: FloodOptions
  readonly #publishers: readonly Worker[]
  readonly #subscribers: readonly Worker[]
  #cold = true
  #nextId = 0
  /** The fastest that was seen. */
  #publishedPerMs = 0

  static async start(options: FloodOptions, resources: Resources): Promise<Flood> {
    const { peer, url } = options
    const channel = `bench:${randomUUID()}`
    const start = (script: string, counts: readonly number[]): Promise<Worker[]> =>
      Promise.all(
        counts.map(async (count) => resources.use(await Worker.start(script, [peer, url, channel, String(count)]))),
      )
    const [publishers, subscribers] = await Promise.all([
      start('flood-publisher.ts', options.publishers),
      start('flood-subscriber.ts', options.subscribers),
    ])
    return new Flood(options, publishers, subscribers)
  }

  private constructor(options: FloodOptions, publishers: readonly Worker[], subscribers: readonly Worker[]) {
    this.#options = options
    this.#publishers = publishers
    this.#subscribers = subscribers
  }

  /** Measures a round, after one that warms up and shows that every subscriber receives everything. */
  async measure(): Promise<Reading> {
    const { durations, callers } = this.#options
    await this.#warmUp()
    return readingOf(await this.#round(durations.measured, callers))
  }

  /** In rounds no longer than what is measured: keys are held for all of a round before it begins. */
  async #warmUp(): Promise<void> {
    const { peer, durations, callers } = this.#options
    let leftMs = this.#cold ? durations.cold : durations.warmUp
    this.#cold = false
    let lossy = 0
    let hasLost: boolean
    do {
      const durationMs = Math.min(Math.max(leftMs, durations.warmUp), durations.measured)
      const round = await this.#round(durationMs, Math.max(callers, leastCallersOfWarmUp))
      leftMs -= Math.max(...round.published.map(({ tookMs }) => tookMs))
      hasLost = readingOf(round).figures.lost !== 0
      if (hasLost && ++lossy === mostLossyRounds) {
        throw new Error(`Expected ${peer} to come back after it lost messages, it lost some in ${lossy} further rounds`)
      }
    } while (hasLost || leftMs > 0)
  }

  async #round(durationMs: number, callers: number): Promise<Round> {
    const publishers = this.#publishers.length
    const first = this.#nextId
    const most = Math.min(mostCount, Math.max(firstCount, 1.1 * this.#publishedPerMs * durationMs))
    const count = Math.ceil(most / publishers)
    const begin: Begin = { first, count: count * publishers }
    await Promise.all([...this.#publishers, ...this.#subscribers].map((worker) => worker.request(begin, isBegun)))
    const before = await this.#options.redis.read()
    const published = await Promise.all(
      this.#publishers.map((worker, index) => {
        const share = Math.floor((callers + index) / publishers)
        const publish: Publish = { first: first + index, step: publishers, count, durationMs, callers: share }
        return worker.request(publish, isPublished)
      }),
    )
    const finish: Finish = { published: published.reduce((sum, each) => sum + each.published, 0) }
    const handled = await Promise.all(this.#subscribers.map((worker) => worker.request(finish, isHandled)))
    const after = await this.#options.redis.read()
    this.#nextId += publishers * Math.max(...published.map((each) => each.published))
    const subscribers = this.#options.subscribers.reduce((sum, each) => sum + each)
    const round = { published, handled, subscribers, redis: { before, after } }
    this.#publishedPerMs = Math.max(
      this.#publishedPerMs,
      finish.published / Math.max(...published.map(({ tookMs }) => tookMs)),
    )
    return round
  }
}
