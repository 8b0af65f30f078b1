/** A piece of work small enough to be repeated thousands of times in a run. */
export interface MicroTask {
  /** Name and title of the variant. */
  readonly name: string
  readonly title: string
  /** How many operations a call of `run` makes: a clock is read around each call, and costs as much as some of these. */
  readonly operations: number
  /** Returns a number that depends on all of its work, so that none of it can be optimised away. */
  readonly run: () => number | Promise<number>
}

export interface MicroCase {
  readonly name: string
  /** Ours first. All of a case come to the same number. */
  readonly tasks: readonly MicroTask[]
}

export const oursInTasks = { name: 'cache-invalidation', title: 'cache-invalidation' } as const
