import type { Runtime } from '../runtime.js'

const firstDelayMs = 50
const maxDelayMs = 1_000

/** A jittered delay that doubles with each attempt: half of it is fixed, half is chance. */
export function backoffMs(attempt: number, runtime: Runtime): number {
  const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10))
  return ceiling * (0.5 + runtime.random() / 2)
}
