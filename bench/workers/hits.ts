/**
 * Reads what is in a cache in memory: `hits.ts <cache> <entries>`. Asked with a time in ms, it reads for as long, and
 * answers with awaited hits a second, and with hits a second that are read at once, if the cache has such a read: by the
 * CPU time of the process, so that what else runs on the machine does not count.
 */
import { loadMemoryTier } from '../memory-tiers.js'
import type { OpenTier } from '../peers/memory-tier.js'
import { serve } from './serve.js'

/** Reads between two looks at the clock. */
const batch = 1_000

const [name = '', entries = ''] = process.argv.slice(2)
const count = Number(entries)
// As in a service: by default, ours freezes values unless it is in production. Libraries are loaded only now.
process.env.NODE_ENV = 'production'
const tier = await (await loadMemoryTier(name)).open(2 * count)
const ids = shuffled(Array.from({ length: count }, (_, index) => String(100_000 + index)))
for (const id of ids) await tier.set(id, { id })
let next = 0

serve(async (timeMs = 0) => {
  const awaited = await awaitedHits(timeMs)
  return tier.peek === undefined ? [awaited] : [awaited, hitsAtOnce(tier, timeMs)]
})

async function awaitedHits(timeMs: number): Promise<number> {
  const before = process.cpuUsage()
  const until = performance.now() + timeMs
  let missed = 0
  let reads = 0
  while (performance.now() < until) {
    for (let read = 0; read < batch; read++) if ((await tier.get(nextId())) === undefined) missed++
    reads += batch
  }
  return perSecond(reads, missed, before)
}

function hitsAtOnce({ peek }: Pick<OpenTier, 'peek'>, timeMs: number): number {
  const before = process.cpuUsage()
  const until = performance.now() + timeMs
  let missed = 0
  let reads = 0
  while (performance.now() < until) {
    for (let read = 0; read < batch; read++) if (peek?.(nextId()) === undefined) missed++
    reads += batch
  }
  return perSecond(reads, missed, before)
}

function nextId(): string {
  if (++next === count) next = 0
  return ids[next] ?? ''
}

function perSecond(reads: number, missed: number, before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  if (missed > 0) throw new Error(`Expected ${name} to hold all that was read, ${missed} of ${reads} were missing`)
  return (reads / (user + system)) * 1_000_000
}

/** Always the same order, without a pattern that a processor could learn. */
function shuffled(values: string[]): string[] {
  let state = 1
  for (let last = values.length - 1; last > 0; last--) {
    state = (state * 48_271) % 2_147_483_647
    const other = state % (last + 1)
    const [one, two] = [values[last] ?? '', values[other] ?? '']
    values[last] = two
    values[other] = one
  }
  return values
}
