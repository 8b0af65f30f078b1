/** They keep caches of what the user service writes. */
export const cachingServiceNames = ['graphql-gateway', 'feed-service', 'search-service'] as const

export const serviceNames = ['user-service', ...cachingServiceNames] as const

export type ServiceName = (typeof serviceNames)[number]

/** How many invalidations the last act sends at once. */
export const burstSize = 20_000

/**
 * What the show asks of a service.
 *
 * - `work`: write or read at a steady rate, until `rest`
 * - `burst`: change {@link burstSize} rows and publish as many invalidations
 * - `settle`: resolve when all is published, or when the end of the log has been handled
 * - `audit`: compare every cached value with the database
 */
export type Order = 'work' | 'rest' | 'burst' | 'settle' | 'audit' | 'close'

export interface Service {
  carryOut(order: Order): Promise<void>
}

/** A cached value that is not what the database holds. */
export interface StaleValue {
  readonly tier: 'memory' | 'redis'
  readonly key: string
  readonly cached: string
  readonly current: string
}

/** What a comparison of all cached values with the database found. */
export interface Audit {
  readonly compared: number
  readonly stale: readonly StaleValue[]
}

/** What a service has done since its process started. Numbers that do not apply to it are 0. */
export interface Report {
  /** `writing` or `waiting` (for Redis) of the writer; else the state of the subscription. */
  readonly state: string
  readonly published: number
  readonly live: number
  readonly replayed: number
  readonly duplicates: number
  /** How many, by reason. */
  readonly resyncs: Readonly<Record<string, number>>
  /** Evictions that were given up, and changes that could not be published. */
  readonly failures: number
  readonly reads: number
  /** How many values are cached in memory. */
  readonly cached: number
  readonly audit: Audit | undefined
}

export const emptyReport: Report = {
  state: 'starting',
  published: 0,
  live: 0,
  replayed: 0,
  duplicates: 0,
  resyncs: {},
  failures: 0,
  reads: 0,
  cached: 0,
  audit: undefined,
}

/** What a service tells the show. */
export type News =
  { readonly type: 'report'; readonly report: Report } | { readonly type: 'notice'; readonly text: string }

export type Tell = (news: News) => void
