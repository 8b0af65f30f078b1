import { InvalidationError, RedisError } from './errors.js'
import { toError } from './thrown.js'

/** Passes on the errors of an outage, one of each kind: the same failure may come back with every attempt. */
export class Outage {
  readonly #report: (error: Error) => void
  readonly #seen = new Set<string>()

  constructor(report: (error: Error) => void) {
    this.#report = report
  }

  /** Another failure. */
  failed(thrown: unknown): void {
    const error = toError(thrown)
    const kind = kindOf(error)
    if (this.#seen.has(kind)) return
    this.#seen.add(kind)
    this.#report(error)
  }

  /** It works again: the next failure is a new outage. */
  ended(): void {
    if (this.#seen.size > 0) this.#seen.clear()
  }
}

function kindOf(error: Error): string {
  if (error instanceof RedisError) return `${error.code} ${error.kind}`
  return error instanceof InvalidationError ? error.code : error.name
}
