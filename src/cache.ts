import './support/node-version.js'
export { CoherentCache } from './cache/coherent-cache.js'
export type { CacheHealth } from './cache/coherent-cache.js'
export type { CacheLinks } from './cache/connections.js'
export type { CacheCounts, CacheStats, LoadReason, MissReason, StaleReason } from './cache/counters.js'
export type { CacheHandled, CacheLoad, CacheStale } from './cache/diagnostics.js'
export { CacheEntity } from './cache/entity.js'
export type { BulkLoadContext, EntityOptions, Loaded } from './cache/entity.js'
export type { LoadContext, NotModified } from './cache/load-context.js'
export type { Eviction } from './cache/memory/departures.js'
export type {
  CacheAttachOptions,
  CacheMemoryOptions,
  CacheOptions,
  CachePolicyOptions,
  LoadOptions,
  WrapOptions,
} from './cache/options.js'
export type { LoadOutcome } from './telemetry/telemetry.js'
