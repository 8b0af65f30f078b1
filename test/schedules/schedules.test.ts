import fc from 'fast-check'
import { expect, it } from 'vitest'
import { schedules } from './schedule.js'
import { World } from './world.js'

/**
 * How many schedules: `SCHEDULES=100000 npm test`. A failure prints a seed and a path that replay the smallest schedule
 * that fails: `SEED=… SCHEDULE_PATH=… npx vitest run test/schedules`.
 */
const runs = Number(process.env.SCHEDULES ?? 1_500)
const { SCHEDULE_PATH: path, MUTANT: mutant } = process.env
/** A mutant meets the same schedules in each run: it is always caught, or never. */
const { SEED: seed = mutant === undefined ? String(Date.now() & 0x7fffffff) : '1' } = process.env

it(`misses nothing in ${runs} random schedules, seed ${seed}`, { timeout: 24 * 3_600_000 }, async () => {
  let ran = 0
  const property = fc.asyncProperty(schedules, async (schedule) => {
    ran += 1
    await World.run(schedule)
  })
  // To know that a mutant is caught its first failure is enough.
  const options = { seed: Number(seed), numRuns: runs, endOnFailure: mutant !== undefined }
  await fc.assert(property, path === undefined ? options : { ...options, path })
  expect(ran).toBeGreaterThan(0)
  console.log(`${ran} schedules, seed ${seed}: nothing missed`)
})
