import { floodCase } from '../flood/flood-case.js'
import type { FloodDurations } from '../flood/flood.js'
import { floodFigures } from '../flood/round.js'
import type { Case, Measurement, Reading, Size, Variant } from '../measurement.js'
import { type MemoryTierInfo, memoryTiers } from '../memory-tiers.js'
import { typeScript, Worker } from '../workers/worker.js'

interface Amounts {
  /** Of reading, in ms: the first warm-up of a process, and each round. */
  readonly cold: number
  readonly measured: number
  /** In the cache that is read. */
  readonly read: number
  /** In the cache that is weighed. */
  readonly weighed: number
  readonly flood: FloodDurations
}

const sizes: Readonly<Record<Size, Amounts>> = {
  full: {
    cold: 1_000,
    measured: 1_000,
    read: 10_000,
    weighed: 1_000_000,
    flood: { cold: 3_000, warmUp: 200, measured: 2_000 },
  },
  default: {
    cold: 300,
    measured: 200,
    read: 10_000,
    weighed: 1_000_000,
    flood: { cold: 1_200, warmUp: 250, measured: 500 },
  },
  smoke: { cold: 5, measured: 5, read: 100, weighed: 1_000, flood: { cold: 20, warmUp: 10, measured: 20 } },
}

/** What a cache in memory costs its readers, and what it takes to keep it right. */
export const cache: Measurement = {
  name: 'cache',
  title: 'Cache in memory: hits, the size of an entry, and invalidations through a full cache',
  figures: [
    { name: 'hits_per_s', title: 'awaited hits', unit: 'hits/s', better: 'higher' },
    { name: 'peeks_per_s', title: 'hits read at once', unit: 'hits/s', better: 'higher' },
    { name: 'entry_bytes', title: 'an entry', unit: 'bytes', better: 'lower' },
    ...floodFigures,
  ],
  cases: (size) => [hitCase(sizes[size]), entryCase(sizes[size]), floodThroughCache(sizes[size])],
}

/** A process for each cache, which stays for all repetitions. */
function hitCase({ cold, measured, read }: Amounts): Case {
  return {
    name: `hits among ${formatCount(read)} entries`,
    parameters: { entries_read: read },
    open: ({ resources }) =>
      memoryTiers.map((tier) => {
        let worker: Promise<Worker> | undefined
        const start = async (): Promise<Worker> => {
          const started = resources.use(await Worker.start('hits.ts', [tier.name, String(read)]))
          await started.ask(cold)
          return started
        }
        return variantOf(tier, async () => {
          worker ??= start()
          const [hits = NaN, peeks] = await (await worker).ask(measured)
          return { figures: { hits_per_s: hits, ...(peeks === undefined ? {} : { peeks_per_s: peeks }) } }
        })
      }),
  }
}

/** Each is weighed once: what is on a heap after a collection is the same each time. */
function entryCase({ weighed }: Amounts): Case {
  return {
    name: `memory of ${formatCount(weighed)} entries`,
    parameters: { entries_weighed: weighed },
    open: () =>
      memoryTiers.map((tier) => {
        let reading: Promise<Reading> | undefined
        return variantOf(tier, () => (reading ??= weigh(tier, weighed)))
      }),
  }
}

async function weigh({ name }: MemoryTierInfo, entries: number): Promise<Reading> {
  const execArgv = ['--expose-gc', ...typeScript]
  await using worker = await Worker.start('entries.ts', [name, String(entries)], { execArgv })
  const [bytes = NaN] = await worker.ask()
  return { figures: { entry_bytes: bytes } }
}

/** The first has no entries but those that are invalidated, in a `Map`. */
function floodThroughCache({ flood }: Amounts): Case {
  return floodCase({
    name: 'invalidations through 1,000,000 entries',
    parameters: { entries: 1_000_000, in_flight: 1_000 },
    peers: [
      { name: 'cache-invalidation', title: 'cache-invalidation, handler with a Map' },
      { name: 'cache-invalidation-cache', title: 'cache-invalidation, its cache' },
    ],
    publishers: [1],
    subscribers: [1],
    callers: 1_000,
    durations: flood,
  })
}

function variantOf({ name, title, folder }: MemoryTierInfo, run: () => Promise<Reading>): Variant {
  return { name, title, ...(folder === undefined ? {} : { peer: folder }), run }
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
