import { ConfigurationError } from '../index.js'
import { describeValue } from '../support/describe-value.js'

/** Returned by a loader: the value it was given as `stale` still holds. Made by `ctx.notModified()`. */
export class NotModified {
  /** @internal */
  readonly isNotModified = true
}

const notModified = new NotModified()

/** What a loader gets beside the id, and what it can say about its value. */
export interface LoadContext {
  /** Aborted when the load has run for `loadTimeoutMs`, and when the cache is closed. */
  readonly signal: AbortSignal
  /** The value that this load is to replace, if it is past its time and was not invalidated: for conditional requests. */
  readonly stale: unknown
  /**
   * To be returned in place of a value: the stale one still holds, and begins a new time to live.
   *
   * @throws ConfigurationError if there is no stale value
   */
  notModified(): NotModified
  /** The value is not stored; the callers of this load get it. */
  skip(): void
  /**
   * How long this value is fresh, in ms, in place of the option.
   *
   * @throws ConfigurationError for anything but a number of at least 0
   */
  ttlMs(ms: number): void
  /** Tags of this value, beside those of the option `tags`. */
  tags(...tags: readonly string[]): void
}

/** A value past its time. */
export interface StaleValue {
  readonly value: unknown
  readonly tags: readonly string[]
}

/** What a loader said about its value. */
export class LoadNotes implements LoadContext {
  readonly signal: AbortSignal
  readonly #stale: StaleValue | undefined
  isSkipped = false
  ttl: number | undefined
  readonly named: string[] = []

  constructor(signal: AbortSignal, stale: StaleValue | undefined) {
    this.signal = signal
    this.#stale = stale
  }

  get stale(): unknown {
    return this.#stale?.value
  }

  notModified(): NotModified {
    if (this.#stale !== undefined) return notModified
    throw new ConfigurationError(
      'Expected `notModified()` to be called with a stale value at hand, got no stale value: check `ctx.stale` first',
    )
  }

  skip(): void {
    this.isSkipped = true
  }

  ttlMs(ms: number): void {
    if (typeof ms !== 'number' || !(ms >= 0))
      throw new ConfigurationError(`Expected \`ctx.ttlMs()\` to get a number of at least 0, got ${describeValue(ms)}`)
    this.ttl = ms
  }

  tags(...tags: readonly string[]): void {
    this.named.push(...tags)
  }

  /** The value that a result of the loader stands for; undefined if missing, and for `null`. */
  valueFor(result: unknown): unknown {
    return result instanceof NotModified ? this.#stale?.value : (result ?? undefined)
  }

  /** The tags of the stale value, if the result is that it still holds. */
  tagsKept(result: unknown): readonly string[] {
    return result instanceof NotModified ? (this.#stale?.tags ?? []) : []
  }
}
