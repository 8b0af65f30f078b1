import type { MemoryLog } from '../../src/log/memory/memory-log.js'
import { formatPosition } from '../../src/log/model/position.js'
import type { Freshness } from '../../src/subscriber/progress/health.js'
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
  /** Positions of what the handler is at work on. */
  readonly running = new Set<{ readonly position: string }>()
  /** Positions of what the handler has begun and neither done nor covered by evicting everything. */
  readonly failing = new Map<string, string>()
  /** How many messages may wait in memory at the most; undefined where a frame alone can hold more. */
  maxBehind: number | undefined

  constructor(name: string) {
    this.name = name
  }

  evict(key: string): void {
    this.stale.delete(key)
  }

  /** A resync answers for what was appended before it. */
  evictAll(isAppended: (key: string) => boolean): void {
    for (const key of this.stale) if (isAppended(key)) this.stale.delete(key)
  }

  /** The process died, and its memory with it. */
  lose(): void {
    this.filled = false
    this.stale.clear()
  }
}

/** After this time every publisher has announced itself again. */
const announcedAgainMs = 6_000

/** Keeps the score of a schedule. */
export class Ledger {
  readonly #runtime: VirtualRuntime
  readonly #log: Pick<MemoryLog, 'entries'>
  readonly #copies: CopyLedger[] = []
  /** When each key's invalidation was acknowledged. */
  readonly #acknowledgedAt = new Map<string, number>()
  readonly #appended = new Set<string>()
  #lastPosition: string | undefined
  #registerGoneAt = -Infinity
  #isUnregistered = false
  /** Keys that nobody publishes again: their publisher has died. */
  readonly #orphaned = new Set<string>()

  constructor(runtime: VirtualRuntime, log: Pick<MemoryLog, 'entries'>) {
    this.#runtime = runtime
    this.#log = log
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

  /** A publisher has died, which published these keys: what a failover loses of them is lost for good. */
  publisherDied(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#orphaned.add(key)
      for (const copy of this.#copies) copy.stale.delete(key)
    }
  }

  changed(key: string): void {
    for (const copy of this.#copies) if (copy.filled) copy.stale.add(key)
  }

  acknowledged(key: string, position: string): void {
    this.#acknowledgedAt.set(key, this.#runtime.monotonic())
    if (this.#orphaned.has(key)) return
    this.#lastPosition = position
  }

  /** An append of this frame was acknowledged, perhaps long after its publishers had stopped waiting. */
  appended(frame: string): void {
    for (const copy of this.#copies) {
      for (const key of copy.stale) if (names(frame, key)) this.#appended.add(key)
    }
  }

  /** Whether the invalidation of this key, or a message that evicts all in its place, is or was in the log. */
  isAppended(key: string): boolean {
    return this.#appended.has(key) || this.#log.entries().some(({ frame }) => names(frame, key))
  }

  /** The log is gone, and the register of publishers with it. */
  cleared(): void {
    this.#registerGoneAt = this.#runtime.monotonic()
  }

  /** Before publishers have announced themselves again nobody knows of them, and of what they have to append again. */
  failedOver(): void {
    if (this.#runtime.monotonic() - this.#registerGoneAt < announcedAgainMs) this.#isUnregistered = true
  }

  /** What must hold at every moment. */
  check(): void {
    this.#checkWatermarks()
    this.#checkMemory()
    if (!this.#isUnregistered) this.#checkFreshness()
  }

  /** No watermark stands at or behind an entry that the handler is at work on. */
  #checkWatermarks(): void {
    const places = new Map(this.#log.entries().map(({ position }, index) => [formatPosition(position), index]))
    for (const { name, running, failing, freshness } of this.#copies) {
      const watermark = places.get(freshness?.().position ?? '')
      const hasPassed = (position: string): boolean => {
        const place = places.get(position)
        return watermark !== undefined && place !== undefined && watermark >= place
      }
      for (const { position } of running) {
        if (hasPassed(position))
          throw new Error(`${name} counts ${position} as handled, and its handler is at work on it`)
      }
      for (const position of failing.values()) {
        if (hasPassed(position)) throw new Error(`${name} counts ${position} as handled, and its handler has failed`)
      }
    }
  }

  #checkMemory(): void {
    for (const { name, freshness, maxBehind } of this.#copies) {
      const behind = freshness?.().behind ?? 0
      if (maxBehind !== undefined && behind > maxBehind) throw new Error(`${name} keeps ${behind} messages in memory`)
    }
  }

  /** Nobody vouches for a time at which it already lacked something that had been acknowledged. */
  #checkFreshness(): void {
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

/** Keys have neither quotes nor spaces, which separate them in columns. */
function names(frame: string, key: string): boolean {
  return new RegExp(`[" ]${key}[" ]`).test(frame) || frame.includes('"pattern":"*"')
}
