import type { PublisherOptions, SubscriptionOptions } from '../../src/index.js'

/** Short, so that a minute holds many faults. */
export const connection = {
  channel: 'soak',
  heartbeatMs: 250,
  commandTimeoutMs: 1_500,
  retention: { maxEntries: 10_000 },
}

export interface PublisherRole {
  readonly name: string
  readonly options: PublisherOptions
}

export interface SubscriptionRole {
  readonly name: string
  /** Where the position is saved; with `redis` and `file` the cache outlives the process, too. */
  readonly cursor: 'memory' | 'redis' | 'file'
  readonly options: Omit<SubscriptionOptions, 'cursor' | 'name'>
  /** The part of a second that the handler takes for what is published in one. */
  readonly slowness: number
  /** How many of 1,000 messages the handler fails on at its first try. */
  readonly failures: number
  /** Whether what it evicts from is away now and then: its handler then fails with everything. */
  readonly outages: boolean
}

export interface SubscriberRole {
  readonly name: string
  /** Several share a link. */
  readonly subscriptions: readonly SubscriptionRole[]
}

/** @param rate publishes a second, all together */
export function publishers(rate: number): readonly PublisherRole[] {
  return [
    { name: 'packing', options: { publishTimeoutMs: 60_000 } },
    { name: 'single', options: { publishTimeoutMs: 60_000, packing: false } },
    // Gives up waiting where the others wait, and has room for some three seconds of what it publishes.
    { name: 'impatient', options: { publishTimeoutMs: 2_000, maxQueued: Math.max(100, rate) } },
  ]
}

const plain = { cursor: 'memory', options: {}, slowness: 0, failures: 0, outages: false } as const

export const subscribers: readonly SubscriberRole[] = [
  {
    name: 'gateway',
    subscriptions: [
      { ...plain, name: 'memory' },
      { ...plain, name: 'narrow', outages: true, options: { maxBuffered: 50, pageSize: 10, concurrency: 4 } },
    ],
  },
  {
    name: 'redis-cache',
    subscriptions: [{ ...plain, name: 'redis', cursor: 'redis', outages: true, options: { concurrency: 8 } }],
  },
  { name: 'disk-cache', subscriptions: [{ ...plain, name: 'file', cursor: 'file', failures: 2, outages: true }] },
  { name: 'strict', subscriptions: [{ ...plain, name: 'strict', options: { strictFailover: true } }] },
  { name: 'slow', subscriptions: [{ ...plain, name: 'slow', slowness: 0.5, options: { maxBuffered: 500 } }] },
]
