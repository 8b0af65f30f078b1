import type { Runtime } from '../runtime.js'

const firstDelayMs = 50
const maxDelayMs = 2_000

/** The delay before retry number `attempt`, from 0 on: it doubles up to a limit; half is fixed, half is chance. */
export function backoffMs(attempt: number, runtime: Pick<Runtime, 'random'>): number {
  const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** attempt)
  return ceiling * (0.5 + runtime.random() / 2)
}
