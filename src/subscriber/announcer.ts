import { hostname } from 'node:os'
import type { Registry } from '../log/log.js'
import { isLinkLost } from '../support/errors.js'
import { Outage } from '../support/outage.js'
import type { Runtime } from '../support/runtime.js'
import { version } from '../support/version.js'
import { announceIntervalMs, announcementTtlMs, encodeAnnouncement } from './announcement.js'
import type { Subscription } from './subscription.js'

/** What an announcer needs of its subscriber. */
export interface AnnouncerContext {
  readonly registry: Registry
  readonly runtime: Runtime
  readonly service: string
  readonly heartbeatMs: number
  readonly cap: number
  onError(error: Error): void
}

/** The part of a subscription that is told of. */
export type AnnouncedSubscription = Pick<Subscription, 'name' | 'state' | 'counts' | 'freshness'>

/** What was told of a subscription. */
interface Told {
  readonly id: string
  readonly startedAt: number
  state: string | undefined
  /** When it was last told, on the monotonic clock; undefined where it is to be told with the next heartbeat. */
  sentAt: number | undefined
  /** Settles when the announcement under way has; undefined where there is none. Never rejects. */
  sending: Promise<void> | undefined
  /** Whether a record may stand in the log. */
  announced: boolean
}

/**
 * Makes the subscriptions of a subscriber known to operators: when they begin, with the heartbeat after their state has
 * changed, and every few seconds. That it can't must never be felt: it is told once, and tried again.
 */
export class Announcer {
  readonly #context: AnnouncerContext
  readonly #entries = new Map<AnnouncedSubscription, Told>()
  readonly #withdrawals = new Set<Promise<void>>()
  readonly #outage: Outage

  constructor(context: AnnouncerContext) {
    this.#context = context
    this.#outage = new Outage((error) => context.onError(error))
  }

  /** A subscription has begun. */
  begin(subscription: AnnouncedSubscription): void {
    if (subscription.state === 'closed') return
    const { runtime } = this.#context
    const entry: Told = {
      id: runtime.uuid(),
      startedAt: runtime.now(),
      announced: false,
      state: undefined,
      sentAt: undefined,
      sending: undefined,
    }
    this.#entries.set(subscription, entry)
    this.#send(subscription, entry)
  }

  /** A heartbeat: tells what has changed, and what was told a while ago. */
  beat(): void {
    const now = this.#context.runtime.monotonic()
    const intervalMs = announceIntervalMs(this.#context.heartbeatMs)
    for (const [subscription, entry] of this.#entries) {
      const { sending, state, sentAt } = entry
      if (sending) continue
      if (sentAt === undefined || state !== subscription.state || now - sentAt >= intervalMs) {
        this.#send(subscription, entry)
      }
    }
  }

  /** A subscription has closed. */
  end(subscription: AnnouncedSubscription): void {
    const entry = this.#entries.get(subscription)
    this.#entries.delete(subscription)
    if (entry === undefined) return
    const withdrawal = this.#withdraw(entry).finally(() => this.#withdrawals.delete(withdrawal))
    this.#withdrawals.add(withdrawal)
  }

  /** Settles when what has ended is withdrawn, or can't be; never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#withdrawals)
  }

  #send(subscription: AnnouncedSubscription, entry: Told): void {
    entry.state = subscription.state
    entry.sentAt = this.#context.runtime.monotonic()
    entry.sending = this.#announce(subscription, entry).finally(() => {
      entry.sending = undefined
    })
  }

  async #announce(subscription: AnnouncedSubscription, entry: Told): Promise<void> {
    const { registry, service, heartbeatMs, cap } = this.#context
    const { state, position, behind, lagMs } = subscription.freshness()
    const { resyncs, replayed, deadLetters } = subscription.counts
    const record = encodeAnnouncement({
      name: subscription.name,
      service,
      host: hostname(),
      pid: process.pid,
      version,
      state,
      position,
      behind,
      lagMs,
      resyncs,
      replayed,
      deadLetters,
      cap,
      startedAt: entry.startedAt,
      heartbeatMs,
    })
    try {
      await registry.announce(entry.id, record, announcementTtlMs(heartbeatMs))
      entry.announced = true
      this.#outage.ended()
    } catch (error) {
      this.#failed(error, entry)
    }
  }

  #failed(error: unknown, entry: Told): void {
    if (isLinkLost(error)) {
      // The link has told. The reply may be all that was lost.
      entry.announced = true
      entry.sentAt = undefined
      return
    }
    this.#outage.failed(error)
  }

  async #withdraw(entry: Told): Promise<void> {
    await entry.sending
    // Where nothing could be written there is nothing to take back, and trying could only be refused as well.
    if (!entry.announced) return
    try {
      await this.#context.registry.withdraw(entry.id)
    } catch {
      // What can't be withdrawn expires by itself.
    }
  }
}
