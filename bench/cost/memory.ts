import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { InvalidationPublisher } from '../../src/index.js'
import type { CaseWithRedis, Reading, Size } from '../measurement.js'
import { encodeMessage } from '../peers/message.js'
import { Worker } from '../workers/worker.js'
import { buildPackage } from './built-package.js'

const waiting: Readonly<Record<Size, number>> = { full: 10_000, default: 10_000, smoke: 100 }

type Publish = (url: string, channel: string, ids: readonly string[]) => Promise<void>

/**
 * What a process takes that subscribes and is told nothing, and how much more when messages wait for a handler that does
 * not end: after a garbage collection, in a new process each time, compiled. Plain ioredis parses messages and puts them
 * into an array.
 */
export function memoryCase(size: Size): CaseWithRedis {
  const count = waiting[size]
  return {
    name: `memory, at rest and with ${count.toLocaleString('en-US')} waiting`,
    parameters: { waiting: count },
    redis: [],
    async open({ server: { url } }) {
      const script = (await buildPackage()).worker('memory.js')
      const measure = async (peer: string, publish: Publish): Promise<Reading> => {
        const channel = `bench:${randomUUID()}`
        await using worker = await Worker.start(script, [peer, url, channel], { execArgv: ['--expose-gc'] })
        const [restRss = NaN, restHeap = NaN] = await worker.ask(0)
        const ids = Array.from({ length: count }, (_, index) => String(index))
        await publish(url, channel, ids)
        const [rss = NaN, heap = NaN] = await worker.ask(count)
        return {
          figures: {
            rest_rss_mib: inMib(restRss),
            rest_heap_mib: inMib(restHeap),
            backlog_rss_mib: inMib(rss - restRss),
            backlog_heap_mib: inMib(heap - restHeap),
          },
        }
      }
      return [
        {
          name: 'cache-invalidation',
          title: 'cache-invalidation',
          run: () => measure('cache-invalidation', publishOurs),
        },
        { name: 'ioredis', title: 'ioredis SUBSCRIBE', run: () => measure('ioredis', publishPlain) },
      ]
    },
  }
}

async function publishOurs(url: string, channel: string, ids: readonly string[]): Promise<void> {
  await using publisher = await InvalidationPublisher.connect(url, 'bench', { channel })
  await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
}

async function publishPlain(url: string, channel: string, ids: readonly string[]): Promise<void> {
  const redis = new Redis(url)
  await Promise.all(ids.map((id) => redis.publish(channel, encodeMessage(id))))
  await redis.quit()
}

function inMib(bytes: number): number {
  return bytes / 2 ** 20
}
