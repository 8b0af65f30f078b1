import { InvalidationError, type InvalidationErrorCode } from '../../../src/support/errors.js'

/** Something done wrong, or at a bad moment, and what comes of it: a row of the table in docs/errors.md. */
export interface Misuse<Stage> {
  /** What is done; the first cell of its row. */
  readonly what: string
  /** What comes of it; the second cell. */
  readonly outcome: string
  /** The code of the error that tells of it; the third cell. */
  readonly code: InvalidationErrorCode | 'none'
  /**
   * Does it, and asserts what the code alone does not say. Resolves to what was thrown, rejected with or emitted;
   * undefined where nothing was.
   */
  readonly commit: (stage: Stage) => Promise<unknown>
}

/** The code of what was thrown; `none` for what is no error of ours. */
export function codeOf(error: unknown): InvalidationErrorCode | 'none' {
  return error instanceof InvalidationError ? error.code : 'none'
}

/** What a promise rejects with; undefined where it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}

/** What a function throws, or what its promise rejects with. */
async function thrownBy(run: () => unknown): Promise<unknown> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error
  }
}

/** Does the same wrong in several ways, which must all be told with one code; returns the last error. */
export async function eachOf<Way>(ways: readonly Way[], commit: (way: Way) => unknown): Promise<unknown> {
  const errors: unknown[] = []
  for (const way of ways) errors.push(await thrownBy(() => commit(way)))
  const codes = errors.map(codeOf)
  const other = codes.findIndex((code) => code !== codes.at(-1))
  if (other >= 0)
    throw new Error(`Way ${other} came to ${codes[other]}, others to ${codes.at(-1)}: ${String(errors[other])}`)
  return errors.at(-1)
}
