import { join } from 'node:path'
import {
  type CursorFactory,
  type Delivery,
  fileCursor,
  type Invalidation,
  type InvalidationMessage,
  type InvalidationSubscriber,
  memoryCursor,
  redisCursor,
  type Subscription,
} from '../../../src/index.js'
import { Cache } from '../cache.js'
import type { SubscriptionRole } from '../cast.js'
import type { HandledItem, SubscriberNews } from './protocol.js'

export interface FollowerContext {
  readonly subscriber: InvalidationSubscriber
  readonly role: SubscriptionRole
  readonly rate: number
  readonly folder: string
  readonly news: (line: SubscriberNews) => void
}

/** How often it is looked whether a subscription has been verified, and what a cache lacks. */
const lookMs = 20
const loadMs = 100
const beginMs = 60_000
/** What a handler evicts from is away for some of this, after some of that. */
const awayMs = 2_000
const presentMs = 6_000

/** A subscription, its handler, and the cache that it keeps. */
export class Follower {
  /** Undefined where the cache outlives the process: the soak keeps it. */
  readonly cache: Cache | undefined
  readonly #context: FollowerContext
  readonly #subscription: Subscription
  readonly #applying = new Map<number, () => void>()
  #asks = 0
  #items: HandledItem[] = []
  #verifiedAt: number | undefined
  /** How long the handler has been too fast, in ms: timers are too coarse for one message. */
  #debtMs = 0
  #isAway = false
  /** Ids of the messages that failed and were not handled since: what evicts everything covers them. */
  readonly #failed = new Set<string>()

  constructor(context: FollowerContext) {
    const { subscriber, role, folder, news } = context
    const subscription = role.name
    this.#context = context
    this.cache = role.cursor === 'memory' ? new Cache() : undefined
    this.#subscription = subscriber.subscribe((message, delivery) => this.#handle(message, delivery), {
      ...role.options,
      name: role.name,
      cursor: cursorOf(role, folder),
      commitIntervalMs: 200,
      retry: { minDelayMs: 5, maxDelayMs: 200 },
    })
    this.#subscription.on('state', (state) => news({ type: 'state', subscription, state }))
    this.#subscription.on('error', (error) => news({ type: 'note', text: `${role.name}: ${error.message}` }))
    void this.#begin()
    if (role.outages) this.#turnAway(false)
  }

  /** Undefined, or why it did not catch up. */
  async caughtUp(timeoutMs: number): Promise<string | undefined> {
    try {
      await this.#subscription.caughtUp({ timeoutMs })
      this.#tellHandled()
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  loaded(load: number, values: Readonly<Record<string, number>>): void {
    this.cache?.endLoad(load, values)
  }

  applied(ask: number): void {
    this.#applying.get(ask)?.()
    this.#applying.delete(ask)
  }

  async #begin(): Promise<void> {
    const { role, news } = this.#context
    setInterval(() => this.#tellVerified(), lookMs)
    for (let why: string | undefined = 'not yet'; why !== undefined;) why = await this.caughtUp(beginMs)
    news({ type: 'began', subscription: role.name, at: Date.now() })
    // Only from here on can the cache be filled.
    setInterval(() => this.#fill(), loadMs)
  }

  #turnAway(isAway: boolean): void {
    this.#isAway = isAway
    setTimeout(() => this.#turnAway(!isAway), Math.random() * (isAway ? awayMs : presentMs))
  }

  async #handle(message: InvalidationMessage, delivery: Delivery): Promise<void> {
    const failedBefore = [...this.#failed]
    try {
      await this.#evict(message, delivery)
    } catch (error) {
      this.#failed.add(message.messageId)
      throw error
    }
    this.#failed.delete(message.messageId)
    if (message.action !== 'pattern' || message.pattern !== '*') return
    for (const id of failedBefore) {
      if (this.#failed.delete(id)) this.#items.push({ kind: 'message', id })
    }
  }

  async #evict(message: InvalidationMessage, delivery: Delivery): Promise<void> {
    const { slowness, failures } = this.#context.role
    if (this.#isAway) throw new Error('what it evicts from is away')
    if (delivery.attempt === 1 && Math.random() * 1_000 < failures) throw new Error('fails now and then')
    if (slowness > 0) await this.#dawdle(slowness)
    const item = itemOf(message, delivery)
    if (this.cache === undefined) {
      await this.#apply(item, message)
      return
    }
    this.cache.evict(message)
    this.#items.push(item)
  }

  async #dawdle(slowness: number): Promise<void> {
    this.#debtMs += (1_000 * slowness) / this.#context.rate
    if (this.#debtMs < 10) return
    const startedAt = performance.now()
    await new Promise((resolve) => setTimeout(resolve, this.#debtMs))
    this.#debtMs = Math.max(-100, this.#debtMs - (performance.now() - startedAt))
  }

  async #apply(item: HandledItem, invalidation: Invalidation): Promise<void> {
    const ask = ++this.#asks
    const applied = new Promise<void>((resolve) => this.#applying.set(ask, resolve))
    this.#context.news({ type: 'apply', ask, subscription: this.#context.role.name, item, invalidation })
    await applied
  }

  #tellVerified(): void {
    this.#tellHandled()
    const { verifiedAt, state } = this.#subscription.freshness()
    if (verifiedAt === undefined || verifiedAt === this.#verifiedAt || state !== 'live') return
    this.#verifiedAt = verifiedAt
    const at = Date.now() - (performance.now() - verifiedAt)
    this.#context.news({ type: 'verified', subscription: this.#context.role.name, at })
  }

  #tellHandled(): void {
    if (this.#items.length === 0) return
    this.#context.news({ type: 'handled', subscription: this.#context.role.name, items: this.#items })
    this.#items = []
  }

  #fill(): void {
    const missing = this.cache?.beginLoad()
    if (missing) this.#context.news({ type: 'load', subscription: this.#context.role.name, ...missing })
  }
}

function cursorOf({ cursor, name }: SubscriptionRole, folder: string): CursorFactory {
  if (cursor === 'redis') return redisCursor()
  return cursor === 'file' ? fileCursor(join(folder, `${name}.cursor.json`)) : memoryCursor()
}

function itemOf(message: InvalidationMessage, delivery: Delivery): HandledItem {
  const at = Date.parse(message.timestamp)
  if (delivery.mode === 'resync') return { kind: 'resync', reason: delivery.reason, head: headOf(message), at }
  const { messageId: id, sourceService: publisher } = message
  if (message.action === 'pattern' && message.pattern === '*') return { kind: 'evict-all', id, publisher, at }
  return { kind: 'message', id }
}

/** The position that a resync goes on from. */
function headOf({ metadata }: InvalidationMessage): string | undefined {
  const resync = isRecord(metadata) ? metadata.resync : undefined
  const to = isRecord(resync) ? resync.to : undefined
  return typeof to === 'string' ? to : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
