import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { InvalidationPublisher } from '../../src/index.js'
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
    cap: 10 * count,
    repair: false,
  })
  for (let from = 0; from < count; from += perFrame) {
    const ids = Array.from({ length: perFrame }, (_, index) => String(from + index))
    await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
  }
}
