import type { EntryIndex } from './entry.js'

/** How a load has ended. */
export interface Outcome {
  /** Undefined if there is no value. */
  readonly value: unknown
  /** What the load failed with. */
  readonly failure: { readonly error: unknown } | undefined
  /**
   * Whether one of the value's tags was invalidated while the load ran. Then the value is only for callers that joined
   * before anything was invalidated: when the others joined, nobody knew its tags.
   */
  readonly isOnlyForFirst: boolean
}

/** When a load began. */
export interface Start {
  readonly seq: number
  readonly startedAt: number
}

/** A load of a key that runs. */
export class Load {
  readonly key: string
  /** Who loads: nobody else joins. */
  readonly owner: EntryIndex
  /** Sequence of the cache when the load began, before the loader was called. */
  readonly seq: number
  /** The same moment by the clock of the cache. */
  readonly startedAt: number
  /** Resolves at its end; never rejects. */
  readonly ended: Promise<Outcome>
  readonly #settle: (outcome: Outcome) => void
  /** Something that was invalidated after it began concerns its key: its value is not stored, and nobody joins it. */
  isVoid = false

  constructor(key: string, owner: EntryIndex, { seq, startedAt }: Start) {
    this.key = key
    this.owner = owner
    this.seq = seq
    this.startedAt = startedAt
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.ended = promise
    this.#settle = resolve
  }

  end(outcome: Outcome): void {
    this.#settle(outcome)
  }
}
