import type { Freshness } from '../../src/subscribing/subscription.js'
import type { VirtualRuntime } from '../support/virtual-runtime.js'

/**
 * One copy of a cache, as the data's owner sees it: which changed keys it may still serve. Every copy holds every key,
 * so each change must reach each copy, by a handler's run or by a resync that comes after it.
 */
export class CopyLedger {
  readonly name: string
  /** Keys that changed, and that this copy has not let go of since. */
  readonly stale = new Set<string>()
  /** Whether it holds anything: a copy in memory begins empty. */
  filled = false
  freshness: (() => Freshness) | undefined

  constructor(name: string) {
    this.name = name
  }

  evict(key: string): void {
    this.stale.delete(key)
  }

  evictAll(): void {
    this.stale.clear()
  }
}

/** Keeps the score of a schedule. */
export class Ledger {
  readonly #runtime: VirtualRuntime
  readonly #copies: CopyLedger[] = []
  /** When each key's invalidation was acknowledged. */
  readonly #acknowledgedAt = new Map<string, number>()
  #lastPosition: string | undefined
  #failedOver = false

  constructor(runtime: VirtualRuntime) {
    this.#runtime = runtime
  }

  /** Position of the newest acknowledged invalidation. */
  get lastPosition(): string | undefined {
    return this.#lastPosition
  }

  copy(name: string): CopyLedger {
    const copy = new CopyLedger(name)
    this.#copies.push(copy)
    return copy
  }

  changed(key: string): void {
    for (const copy of this.#copies) if (copy.filled) copy.stale.add(key)
  }

  acknowledged(key: string, position: string): void {
    this.#acknowledgedAt.set(key, this.#runtime.monotonic())
    this.#lastPosition = position
  }

  /** From now on an acknowledged entry may be missing from the log until its publisher has appended it again. */
  failedOver(): void {
    this.#failedOver = true
  }

  /** Nobody vouches for a time at which it already lacked something that had been acknowledged. */
  check(): void {
    if (this.#failedOver) return
    for (const { name, stale, freshness } of this.#copies) {
      const verifiedAt = freshness?.().verifiedAt
      if (verifiedAt === undefined) continue
      for (const key of stale) {
        const acknowledgedAt = this.#acknowledgedAt.get(key)
        if (acknowledgedAt === undefined || acknowledgedAt >= verifiedAt) continue
        throw new Error(`${name} vouches for ${verifiedAt}, but lacks ${key}, acknowledged at ${acknowledgedAt}`)
      }
    }
  }

  /** At rest: no copy serves anything that has changed. */
  checkEnd(): void {
    for (const { name, stale } of this.#copies) {
      if (stale.size > 0) throw new Error(`${name} missed ${[...stale].join(', ')}`)
    }
  }
}
