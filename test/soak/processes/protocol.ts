import type { NatMap, RedisOptions } from 'ioredis'
import type { Invalidation, PublisherOptions, RepairSummary, ResyncReason } from '../../../src/index.js'
import type { SubscriptionRole } from '../cast.js'

/** How a process reaches Redis. */
export type Access =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'options'; readonly options: RedisOptions }
  | {
      readonly kind: 'cluster'
      readonly nodes: readonly { readonly host: string; readonly port: number }[]
      readonly natMap: NatMap
      readonly sharded: boolean
    }

export interface PublisherConfig {
  readonly access: Access
  /** The publisher and which of its lives this is, such as `single.3`: it signs what it publishes. */
  readonly service: string
  readonly options: PublisherOptions
}

export interface SubscriberConfig {
  readonly access: Access
  readonly name: string
  readonly subscriptions: readonly SubscriptionRole[]
  /** Publishes a second. */
  readonly rate: number
  /** Where cursors are kept. */
  readonly folder: string
}

export interface Publishing {
  readonly id: string
  readonly invalidation: Invalidation
}

/** From the soak to a publisher. */
export type PublisherOrder =
  | { readonly type: 'publish'; readonly messages: readonly Publishing[] }
  /** Answered when all is appended and nothing is left to be repaired. */
  | { readonly type: 'settle'; readonly ask: number }

export interface AcknowledgedPublishing {
  readonly id: string
  /** The message that stands for it. */
  readonly carrier: string
  readonly position: string
}

/** From a publisher to the soak. */
export type PublisherNews =
  | { readonly type: 'ready' }
  | { readonly type: 'acknowledged'; readonly messages: readonly AcknowledgedPublishing[]; readonly at: number }
  | { readonly type: 'rejected'; readonly id: string; readonly reason: string }
  | { readonly type: 'repaired'; readonly summary: RepairSummary }
  | { readonly type: 'settled'; readonly ask: number; readonly memory: number }
  | Note

/** What a handler was run with. */
export type HandledItem =
  | { readonly kind: 'message'; readonly id: string }
  /** A publisher's message that evicts all: too much waited, or nobody can know what a failover lost. */
  | { readonly kind: 'evict-all'; readonly id: string; readonly publisher: string; readonly at: number }
  | { readonly kind: 'resync'; readonly reason: ResyncReason; readonly head: string | undefined; readonly at: number }

/** From the soak to a subscriber. */
export type SubscriberOrder =
  | {
      readonly type: 'loaded'
      readonly subscription: string
      readonly load: number
      readonly values: Readonly<Record<string, number>>
    }
  /** The cache that outlives the process has evicted. */
  | { readonly type: 'applied'; readonly ask: number }
  /** Answered when each subscription has caught up, or the time for it is over. */
  | { readonly type: 'audit'; readonly ask: number; readonly timeoutMs: number }

/** From a subscriber to the soak. Times are in ms since the epoch. */
export type SubscriberNews =
  | { readonly type: 'ready' }
  /** Caught up for the first time in this process. */
  | { readonly type: 'began'; readonly subscription: string; readonly at: number }
  /** Handled, with a cache in the process. */
  | { readonly type: 'handled'; readonly subscription: string; readonly items: readonly HandledItem[] }
  /** To be evicted from the cache that outlives the process; handled when that is done. */
  | {
      readonly type: 'apply'
      readonly ask: number
      readonly subscription: string
      readonly item: HandledItem
      readonly invalidation: Invalidation
    }
  | {
      readonly type: 'load'
      readonly subscription: string
      readonly load: number
      readonly keys: readonly string[]
    }
  | { readonly type: 'state'; readonly subscription: string; readonly state: string }
  | { readonly type: 'verified'; readonly subscription: string; readonly at: number }
  | {
      readonly type: 'audited'
      readonly ask: number
      /** What the caches in the process hold. */
      readonly caches: Readonly<Record<string, Readonly<Record<string, number>>>>
      /** Subscriptions that did not catch up, and why. */
      readonly behind: readonly string[]
      readonly memory: number
    }
  | Note

/** For the log alone. */
export interface Note {
  readonly type: 'note'
  readonly text: string
}

/** Both ends are started from the same sources, so the type alone tells what a line is. */
export function isPublisherOrder(line: unknown): line is PublisherOrder {
  return hasType(line, ['publish', 'settle'])
}

export function isPublisherNews(line: unknown): line is PublisherNews {
  return hasType(line, ['ready', 'acknowledged', 'rejected', 'repaired', 'settled', 'note'])
}

export function isSubscriberOrder(line: unknown): line is SubscriberOrder {
  return hasType(line, ['loaded', 'applied', 'audit'])
}

export function isSubscriberNews(line: unknown): line is SubscriberNews {
  return hasType(line, ['ready', 'began', 'handled', 'apply', 'load', 'state', 'verified', 'audited', 'note'])
}

export function isPublisherConfig(config: unknown): config is PublisherConfig {
  return typeof config === 'object' && config !== null && 'access' in config && 'service' in config
}

export function isSubscriberConfig(config: unknown): config is SubscriberConfig {
  return typeof config === 'object' && config !== null && 'access' in config && 'subscriptions' in config
}

function hasType(line: unknown, types: readonly string[]): boolean {
  const type = typeof line === 'object' && line !== null && 'type' in line ? line.type : undefined
  return typeof type === 'string' && types.includes(type)
}
