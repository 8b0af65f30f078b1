import { InvalidationError, RedisError } from './errors.js'
import { codeOf, toError } from './thrown.js'

/** How many kinds of failure one outage distinguishes; all further ones count as one kind. */
const maxKinds = 16
/** A longer kind is not remembered by itself: it counts as one of the further ones. */
const maxKindLength = 200
const otherKind = 'other'

/**
 * Reports the failures of an outage, one of each kind: a failure that comes back with every attempt is reported once,
 * also when its message changes, or when it alternates with another. A failure of another kind is still reported.
 *
 * The kind of a failure follows from its codes: for an error of this library, `code`, `kind` and the code of its cause,
 * such as `NOPERM` or `ECONNREFUSED`; for any other error, its name and code. Messages do not count.
 */
export class Outage {
  readonly #report: (error: Error) => void
  readonly #toKind: (error: Error) => string
  readonly #kinds = new Set<string>()

  /** @param toKind names the kind of a failure, if its codes are not to */
  constructor(report: (error: Error) => void, toKind: (error: Error) => string = kindOf) {
    this.#report = report
    this.#toKind = toKind
  }

  /** Whether something has failed since the last success. */
  get ongoing(): boolean {
    return this.#kinds.size > 0
  }

  /** Reports a failure unless one of its kind was reported since the last success. */
  failed(thrown: unknown): void {
    const error = toError(thrown)
    const kind = this.#kindOf(error)
    if (this.#kinds.has(kind)) return
    this.#kinds.add(kind)
    this.#report(error)
  }

  /** It works again: the next failure is a new outage. */
  ended(): void {
    if (this.#kinds.size > 0) this.#kinds.clear()
  }

  #kindOf(error: Error): string {
    const kind = this.#toKind(error)
    if (this.#kinds.has(kind)) return kind
    return this.#kinds.size >= maxKinds || kind.length > maxKindLength ? otherKind : kind
  }
}

function kindOf(error: Error): string {
  if (error instanceof RedisError) return `${error.code} ${error.kind} ${codeOf(error.cause)}`
  if (error instanceof InvalidationError) return `${error.code} ${codeOf(error.cause)}`
  return `${nameOf(error)} ${codeOf(error)}`
}

/** Any error may come from the application: to read it must not throw. */
function nameOf(error: Error): string {
  try {
    const name: unknown = error.name
    return typeof name === 'string' ? name : otherKind
  } catch {
    return otherKind
  }
}
