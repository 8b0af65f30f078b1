import fc from 'fast-check'
import { schedules } from '../schedules/schedule.js'
import { Transcript } from '../schedules/transcript.js'
import { World } from '../schedules/world.js'

/** Runs the schedule that belongs to a seed. A schedule that fails has a transcript too: its last line says why. */
export async function transcriptOf(seed: number): Promise<Transcript> {
  const transcript = new Transcript()
  for (const schedule of fc.sample(schedules, { seed, numRuns: 1 })) {
    // The transcript has the failure.
    await World.run(schedule, transcript).catch(() => undefined)
  }
  return transcript
}
