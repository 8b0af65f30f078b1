import type { Retention } from '../log/model/retention.js'
import { hostname } from 'node:os'
import { OwnRecord, type RecordWriter } from '../log/model/own-record.js'
import { announceIntervalMs } from '../log/model/record.js'
import { Outage } from '../support/outage.js'
import type { Runtime } from '../support/runtime.js'
import { version } from '../support/version.js'
import { announcementTtlMs, encodeAnnouncement } from './announcement.js'
import type { Subscription } from './subscription.js'

/** What an announcer needs of its subscriber. */
export interface AnnouncerContext {
  readonly registry: RecordWriter
  readonly runtime: Runtime
  readonly service: string
  readonly heartbeatMs: number
  readonly retention: Retention
  onError(error: Error): void
}

/** The part of a subscription that is told of. */
export type AnnouncedSubscription = Pick<Subscription, 'name' | 'state' | 'counts' | 'freshness'>

/** The newest record of a subscription. */
interface Entry {
  readonly record: OwnRecord
  state: string
}

/**
 * Makes the subscriptions of a subscriber known to operators: when they begin, with the heartbeat after their state has
 * changed, and every few seconds. That it can't must never be felt: it is told once, and tried again.
 */
export class Announcer {
  readonly #context: AnnouncerContext
  readonly #entries = new Map<AnnouncedSubscription, Entry>()
  readonly #withdrawals = new Set<Promise<void>>()
  readonly #outage: Outage
  /** The id of the first subscription names the subscriber. */
  #subscriber: string | undefined

  constructor(context: AnnouncerContext) {
    this.#context = context
    this.#outage = new Outage((error) => context.onError(error))
  }

  /** A subscription has begun. */
  begin(subscription: AnnouncedSubscription): void {
    if (subscription.state === 'closed') return
    const { registry, runtime, heartbeatMs } = this.#context
    const startedAt = runtime.now()
    const record = new OwnRecord({
      member: 'subscriber',
      writer: registry,
      runtime,
      intervalMs: announceIntervalMs(heartbeatMs),
      ttlMs: announcementTtlMs(heartbeatMs),
      encode: () => this.#describe(subscription, startedAt),
      outage: this.#outage,
    })
    this.#subscriber ??= record.id
    this.#entries.set(subscription, { record, state: subscription.state })
    void record.send()
  }

  /** A heartbeat: announces records that have changed or are due. */
  beat(): void {
    for (const [subscription, entry] of this.#entries) {
      const { record, state } = entry
      if (record.sending || !(record.due || state !== subscription.state)) continue
      entry.state = subscription.state
      void record.send()
    }
  }

  /** A subscription has closed. */
  end(subscription: AnnouncedSubscription): void {
    const entry = this.#entries.get(subscription)
    this.#entries.delete(subscription)
    if (entry === undefined) return
    const withdrawal = entry.record.withdraw().finally(() => this.#withdrawals.delete(withdrawal))
    this.#withdrawals.add(withdrawal)
  }

  /** Settles when what has ended is withdrawn, or can't be; never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#withdrawals)
  }

  #describe(subscription: AnnouncedSubscription, startedAt: number): string {
    const { service, heartbeatMs, retention } = this.#context
    const { state, position, behind, lagMs, retrying } = subscription.freshness()
    const { resyncs, replayed, deadLetters } = subscription.counts
    return encodeAnnouncement({
      name: subscription.name,
      service,
      host: hostname(),
      pid: process.pid,
      version,
      state,
      position,
      behind,
      lagMs,
      retrying,
      resyncs,
      replayed,
      deadLetters,
      retention,
      startedAt,
      heartbeatMs,
      subscriber: this.#subscriber,
    })
  }
}
