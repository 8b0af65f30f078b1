import fc from 'fast-check'
import { expect, it } from 'vitest'
import { schedules } from './schedule.js'
import { World } from './world.js'

const runs = Number(process.env.SCHEDULES ?? 1_000)

it(`misses nothing in ${runs} random schedules`, { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(schedules, (schedule) => World.run(schedule)),
    {
      numRuns: runs,
      ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }),
      ...(process.env.SCHEDULE_PATH !== undefined && { path: process.env.SCHEDULE_PATH }),
    },
  )
  expect(runs).toBeGreaterThan(0)
})
