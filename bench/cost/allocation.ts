import { randomUUID } from 'node:crypto'
import type { CaseWithRedis, Reading, Size, Variant } from '../measurement.js'
import { peers } from '../peers.js'
import { allocationFlags } from '../workers/allocation.js'
import { typeScript, Worker } from '../workers/worker.js'

const messages: Readonly<Record<Size, number>> = { full: 10_000, default: 5_000, smoke: 200 }
const warmUpRuns = 3

/**
 * Bytes allocated on the heap for each message, in the process that publishes and in the one that handles: 100 callers
 * at once. Nothing is collected meanwhile, so that it is how much the heap grew.
 */
export function allocationCase(size: Size): CaseWithRedis {
  return {
    name: 'allocated for a message',
    parameters: { in_flight: 100 },
    redis: [],
    async open({ server: { url }, resources }) {
      const open = async ({ name, title }: { name: string; title: string }): Promise<Variant> => {
        const args = [name, url, `bench:${randomUUID()}`]
        const options = { execArgv: [...typeScript, ...allocationFlags] }
        const [publisher, subscriber] = await Promise.all([
          Worker.start('allocation-publisher.ts', args, options),
          Worker.start('allocation-subscriber.ts', args, options),
        ])
        resources.use(publisher)
        resources.use(subscriber)
        const run = (): Promise<Reading> => countBoth(publisher, subscriber, messages[size])
        for (let warm = 0; warm < warmUpRuns; warm++) await run()
        return { name, title, run }
      }
      return Promise.all(peers.filter(({ name }) => name === 'cache-invalidation' || name === 'ioredis').map(open))
    },
  }
}

async function countBoth(publisher: Worker, subscriber: Worker, count: number): Promise<Reading> {
  await subscriber.ask(0)
  const [published = NaN] = await publisher.ask(count)
  const [handled = NaN] = await subscriber.ask(count)
  return { figures: { publisher_bytes: published / count, subscriber_bytes: handled / count } }
}
