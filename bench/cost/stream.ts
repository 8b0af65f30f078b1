import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { InvalidationPublisher } from '../../src/index.js'
import { freshIds, idKinds } from '../frame/ids.js'
import type { CaseWithRedis, Reading, Size } from '../measurement.js'
import { encodeMessage } from '../peers/message.js'

const messages: Readonly<Record<Size, number>> = { full: 100_000, default: 5_000, smoke: 200 }
const framesOf = [1, 100]

/**
 * Bytes that an invalidation takes in the stream, by `MEMORY USAGE`: alone in its entry, and in frames of 100. A bare
 * `XADD` has one field with the same JSON.
 */
export function streamCases(size: Size): readonly CaseWithRedis[] {
  const count = messages[size]
  return framesOf.map((perFrame) => ({
    name: perFrame === 1 ? 'stream, one in an entry' : `stream, frames of ${perFrame}`,
    parameters: { messages_per_entry: perFrame },
    redis: [],
    open({ server: { url }, resources }) {
      const redis = new Redis(url)
      resources.defer(() => redis.quit())
      const weigh = async (stream: string): Promise<Reading> => {
        const bytes = Number(await redis.call('MEMORY', 'USAGE', stream, 'SAMPLES', '0'))
        await redis.del(stream)
        return { figures: { stream_bytes: bytes / count } }
      }
      return [
        {
          name: 'cache-invalidation',
          title: 'cache-invalidation',
          async run() {
            const channel = `bench:${randomUUID()}`
            await publishFrames(url, channel, count, perFrame)
            return weigh(`{${channel}}:stream`)
          },
        },
        {
          name: 'xadd',
          title: 'ioredis XADD',
          async run() {
            const stream = `bench:${randomUUID()}`
            const ids = Array.from({ length: count }, (_, index) => String(index))
            await Promise.all(ids.map((id) => redis.xadd(stream, '*', 'm', encodeMessage(id))))
            return weigh(stream)
          },
        },
      ]
    },
  }))
}

/** Messages that are published at once while nothing is under way share a frame. */
async function publishFrames(url: string, channel: string, count: number, perFrame: number): Promise<void> {
  await using publisher = await InvalidationPublisher.connect(url, 'bench', {
    channel,
    packing: perFrame > 1,
    retention: { maxEntries: 10 * count, maxBytes: 2 ** 40 },
    repair: false,
  })
  for (let from = 0; from < count; from += perFrame) {
    const ids = Array.from({ length: perFrame }, (_, index) => String(from + index))
    await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
  }
}

const inFlight = 1_000

/** How many with ids of six digits, and with UUIDs. */
const manyMessages: Readonly<Record<Size, readonly [number, number]>> = {
  full: [1_000_000, 1_000_000],
  default: [1_000_000, 100_000],
  smoke: [2_000, 2_000],
}

/** What the stream takes when callers, 1,000 at a time, have published so many: in the frames that fill by themselves. */
export function fullStreamCases(size: Size): readonly CaseWithRedis[] {
  return idKinds.map(({ name: ids, characters }, index) => {
    const count = manyMessages[size][index] ?? NaN
    return {
      name: `stream, ${count.toLocaleString('en-US')} with ${inFlight.toLocaleString('en-US')} in flight, ids: ${ids}`,
      parameters: { in_flight: inFlight, messages: count, id_characters: characters },
      redis: [],
      open({ server: { url }, resources }) {
        const redis = new Redis(url)
        resources.defer(() => redis.quit())
        return [
          {
            name: 'cache-invalidation',
            title: 'cache-invalidation',
            async run() {
              const channel = `bench:${randomUUID()}`
              const stream = `{${channel}}:stream`
              const oldest = await publishMany(url, channel, freshIds(ids), count)
              const [kept] = await redis.xrange(stream, '-', '+', 'COUNT', 1)
              if (kept?.[0] !== oldest)
                throw new Error(
                  `Expected ${stream} to keep all from ${oldest} on, its oldest is ${kept?.[0]}: it was trimmed`,
                )
              const bytes = Number(await redis.call('MEMORY', 'USAGE', stream, 'SAMPLES', '0'))
              await redis.del(stream)
              return { figures: { stream_bytes: bytes / count, stream_mb: bytes / 1e6 } }
            },
          },
        ]
      },
    }
  })
}

/** By one publisher with its defaults. Resolves to the stream id of the first. */
async function publishMany(url: string, channel: string, nextId: () => string, count: number): Promise<string> {
  await using publisher = await InvalidationPublisher.connect(url, 'bench', { channel })
  const { position } = await publisher.invalidate('user', nextId())
  let published = 1
  const call = async (): Promise<void> => {
    while (published++ < count) await publisher.invalidate('user', nextId())
  }
  await Promise.all(Array.from({ length: inFlight }, call))
  return position.slice(0, position.indexOf('@'))
}
