import fc from 'fast-check'
import { expect, it } from 'vitest'
import { schedules } from './schedule.js'
import { CacheWorld, type Tally } from './world.js'

/**
 * How many schedules: `CACHE_SCHEDULES=20000 npx vitest run test/cache-schedules`. A failure prints a seed and a path that
 * replay the smallest schedule that fails: `SEED=… SCHEDULE_PATH=…`.
 */
const runs = Number(process.env.CACHE_SCHEDULES ?? 1_000)
const { SCHEDULE_PATH: path, MUTANT: mutant } = process.env
/** A mutant meets the same schedules in each run: it is always caught, or never. */
const { SEED: seed = mutant === undefined ? String(Date.now() & 0x7fffffff) : '1' } = process.env

it(
  `serves nothing stale in ${runs} random schedules of caches, seed ${seed}`,
  { timeout: 24 * 3_600_000 },
  async () => {
    const tally: Tally = { hits: 0, loads: 0, fenced: 0, stale: 0 }
    const property = fc.asyncProperty(schedules, (schedule) => CacheWorld.run(schedule, tally))
    const options = { seed: Number(seed), numRuns: runs, endOnFailure: mutant !== undefined }
    await fc.assert(property, path === undefined ? options : { ...options, path })
    if (path !== undefined) return
    expect(tally.hits).toBeGreaterThan(runs)
    expect(tally.fenced).toBeGreaterThan(runs / 10)
    expect(tally.stale).toBeGreaterThan(runs / 10)
    console.log(`${runs} schedules, seed ${seed}: ${JSON.stringify(tally)}`)
  },
)
