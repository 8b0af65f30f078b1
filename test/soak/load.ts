import type { Random } from '../../examples/demo/services/random.js'
import type { Invalidation } from '../../src/index.js'
import { keysOf } from './cache.js'
import type { Ledger } from './checker/ledger.js'
import { entityTypes } from './keys.js'
import type { AcknowledgedPublishing, Publishing } from './processes/protocol.js'
import type { Truth } from './truth.js'

export interface LoadContext {
  readonly truth: Truth
  readonly ledger: Ledger
  readonly random: Random
  /** Publishes a second. */
  readonly rate: number
}

/** Where publishes can go. */
export interface RunningPublisher {
  /** The publisher, and which of its lives. */
  readonly service: string
  publish(messages: readonly Publishing[]): void
}

interface Pending {
  readonly publisher: string
  readonly invalidation: Invalidation
}

const tickMs = 20
/** No more is published while so much waits: a soak is no test of memory. */
const maxPending = 20_000

/**
 * Commits changes to the source of truth and has them published. What a publisher did not acknowledge before it died or
 * gave up is published anew, as a service with an outbox of its own would: so every change is acknowledged in the end.
 */
export class Load {
  readonly #context: LoadContext
  readonly #publishers = new Map<string, RunningPublisher>()
  readonly #pending = new Map<string, Pending>()
  #sequence = 0
  #ticking: NodeJS.Timeout | undefined
  #tickedAt = 0
  #due = 0
  #waiting: (() => void)[] = []

  constructor(context: LoadContext) {
    this.#context = context
  }

  get pending(): number {
    return this.#pending.size
  }

  go(): void {
    this.#tickedAt = performance.now()
    this.#ticking = setInterval(() => this.#tick(), tickMs)
  }

  /** Commits and publishes nothing new. */
  pause(): void {
    clearInterval(this.#ticking)
  }

  /** Resolves when all is acknowledged. */
  async allAcknowledged(): Promise<void> {
    while (this.#pending.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** A publisher begins a life: it publishes what it had not been acknowledged in the one before. */
  started(name: string, publisher: RunningPublisher): void {
    this.#publishers.set(name, publisher)
    const left = [...this.#pending].filter(([, { publisher: its }]) => its === name)
    for (const [id] of left) this.#pending.delete(id)
    this.#publish(
      name,
      left.map(([, { invalidation }]) => invalidation),
    )
  }

  died(name: string): void {
    this.#publishers.delete(name)
  }

  acknowledged(messages: readonly AcknowledgedPublishing[], at: number): void {
    for (const message of messages) {
      this.#context.ledger.acknowledged(message, at)
      this.#pending.delete(message.id)
    }
    if (this.#pending.size === 0) for (const wake of this.#waiting.splice(0)) wake()
  }

  /** The publisher gave up waiting. */
  rejected(id: string): void {
    const pending = this.#pending.get(id)
    if (pending === undefined || !this.#publishers.has(pending.publisher)) return
    this.#pending.delete(id)
    this.#publish(pending.publisher, [pending.invalidation])
  }

  #tick(): void {
    const now = performance.now()
    this.#due += ((now - this.#tickedAt) * this.#context.rate) / 1_000
    this.#tickedAt = now
    const count = Math.floor(this.#due)
    this.#due -= count
    const names = [...this.#publishers.keys()]
    const shares = new Map<string, Invalidation[]>()
    for (let published = 0; published < count && this.#pending.size < maxPending; published++) {
      const invalidation = someInvalidation(this.#context.random)
      const name = names[Math.floor(this.#context.random() * names.length)]
      if (name === undefined) continue
      this.#context.truth.commit(keysOf(invalidation))
      shares.set(name, [...(shares.get(name) ?? []), invalidation])
    }
    for (const [name, share] of shares) this.#publish(name, share)
  }

  #publish(name: string, invalidations: readonly Invalidation[]): void {
    const publisher = this.#publishers.get(name)
    if (publisher === undefined || invalidations.length === 0) return
    const publishedAt = Date.now()
    const messages = invalidations.map((invalidation) => {
      const id = `${publisher.service}-${++this.#sequence}`
      const keys = keysOf(invalidation)
      this.#pending.set(id, { publisher: name, invalidation })
      this.#context.ledger.published({ id, publisher: publisher.service, keys, publishedAt, acknowledged: undefined })
      return { id, invalidation }
    })
    publisher.publish(messages)
  }
}

/** Mostly one entity; now and then a batch or a pattern. */
function someInvalidation(random: Random): Invalidation {
  const chosen = random()
  const { entityType, count } = entityTypes[random() < 0.7 ? 0 : 1]
  const id = (): string => String(Math.floor(random() * count))
  if (chosen < 0.05) return { action: 'pattern', pattern: `${entityType}:${id()}*` }
  if (chosen < 0.15) return { action: 'batch', cacheKeys: [id(), id(), id()].map((each) => `${entityType}:${each}`) }
  return { action: chosen < 0.75 ? 'update' : 'delete', entityType, entityId: id() }
}
