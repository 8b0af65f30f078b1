import { Redis } from 'ioredis'
import { InvalidationPublisher } from '../src/index.js'

const batch = 10_000

/** A log with one entry to start from, and with so many invalidations behind it: either at will. */
export class MissedEntries implements AsyncDisposable {
  /** Of the first entry. */
  readonly position: string
  /** How many entries there are behind the first. */
  readonly count: number
  readonly channel: string
  readonly #redis: Redis
  readonly #stream: string
  readonly #last: string
  readonly #heads: { readonly first: string; readonly newest: string }

  /** @param packing whether as many as fit share an entry; else each has one of its own */
  static async append(url: string, channel: string, count: number, packing = false): Promise<MissedEntries> {
    const redis = new Redis(url)
    const stream = `{${channel}}:stream`
    await using publisher = await InvalidationPublisher.connect(url, 'bench', {
      channel,
      packing,
      retention: { maxEntries: 10 * count, maxBytes: 2 ** 40 },
      repair: false,
    })
    const first = await publisher.invalidate('user', 'first')
    await redis.call('COPY', stream, shortOf(stream))
    let newest = first
    for (let from = 0; from < count; from += batch) {
      const ids = Array.from({ length: Math.min(batch, count - from) }, (_, index) => String(from + index))
      const receipts = await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
      newest = receipts.at(-1) ?? newest
    }
    await redis.call('COPY', stream, longOf(stream))
    const entries = (await redis.xlen(stream)) - 1
    return new MissedEntries(redis, channel, entries, { first: first.position, newest: newest.position })
  }

  private constructor(redis: Redis, channel: string, count: number, ends: { first: string; newest: string }) {
    const { first, newest } = ends
    this.position = first
    this.channel = channel
    this.count = count
    this.#redis = redis
    this.#stream = `{${channel}}:stream`
    this.#last = `{${channel}}:last`
    this.#heads = { first: appendIdOf(first), newest: appendIdOf(newest) }
  }

  get stream(): string {
    return this.#stream
  }

  /** Takes all but the first entry away. */
  async hide(): Promise<void> {
    await this.#redis.call('COPY', shortOf(this.#stream), this.#stream, 'REPLACE')
    await this.#redis.set(this.#last, this.#heads.first)
  }

  /** Puts them back, unheard. */
  async show(): Promise<void> {
    await this.#redis.call('COPY', longOf(this.#stream), this.#stream, 'REPLACE')
    await this.#redis.set(this.#last, this.#heads.newest)
  }

  /** Puts them back and ends all other connections, in one step, so that none hears of it. */
  async showAndCutOff(): Promise<void> {
    const replies = await this.#redis
      .multi()
      .call('COPY', longOf(this.#stream), this.#stream, 'REPLACE')
      .set(this.#last, this.#heads.newest)
      .call('CLIENT', 'KILL', 'TYPE', 'normal')
      .call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      .exec()
    const [failure] = (replies ?? []).flatMap(([error]) => error ?? [])
    if (failure !== undefined) throw failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.quit()
  }
}

function shortOf(stream: string): string {
  return `${stream}:short`
}

function longOf(stream: string): string {
  return `${stream}:long`
}

function appendIdOf(position: string): string {
  return position.slice(position.indexOf('@') + 1)
}
