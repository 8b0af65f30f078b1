import type { Ledger } from './checker/ledger.js'
import type { Load } from './load.js'
import type { RecoveryClock } from './recovery-clock.js'
import type { RunLog } from './run-log.js'
import type { Truth } from './truth.js'
import type { Vitals } from './vitals.js'

/** What the processes of a soak work on and report to. */
export interface Surroundings {
  readonly ledger: Ledger
  readonly load: Load
  readonly truth: Truth
  readonly clock: RecoveryClock
  readonly vitals: Vitals
  readonly log: RunLog
  /** Publishes a second, all together. */
  readonly rate: number
  /** A process ended that nobody killed. */
  readonly onDied: (error: Error) => void
}
