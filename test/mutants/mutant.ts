/** A mechanism taken away: one place in a file of `src`, and what stands there instead. */
export interface Mutant {
  readonly name: string
  /** What it takes away. */
  readonly lacks: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The tests that must catch it. Random schedules, unless it takes a rare event to show. */
  readonly caughtBy?: string
}
