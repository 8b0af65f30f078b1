export { InvalidationPublisher } from './publisher.js'
export type { PublisherEvents, PublisherHealth, PublishOptions } from './publisher.js'
export type { PublisherOptions, RepairOptions, WaitReplicasOptions } from './publishing/options.js'
export type { Receipt } from './publishing/receipt.js'
export type { RepairSummary } from './publishing/repair.js'

export { InvalidationSubscriber } from './subscriber.js'
export type { SubscriberEvents } from './subscriber.js'
export { Subscription } from './subscribing/subscription.js'
export type { SubscriptionEvents } from './subscribing/subscription.js'
export type { Freshness, HealthReason, SubscriptionHealth } from './subscribing/health.js'
export type { SubscriptionCounts } from './subscribing/counts.js'
export type { SubscriptionState } from './subscribing/follower.js'
export type { RetryOptions, SubscriberOptions, SubscriptionOptions } from './subscribing/options.js'
export type { ReplayEvent, ResyncEvent } from './subscribing/recovery.js'
export type { WaitOptions } from './subscribing/waiters.js'
export type { ResyncReason } from './recovery/resync.js'

export type { Delivery, InvalidationHandler, Origin } from './delivery/delivery.js'
export { memoryCursor, redisCursor } from './delivery/cursor.js'
export { fileCursor } from './delivery/file-cursor.js'
export type { CursorContext, CursorFactory, CursorStore } from './delivery/cursor.js'
export { DeadLetters } from './delivery/dead-letters.js'
export type { ListDeadLettersOptions, Redriven } from './delivery/dead-letters.js'
export type { DeadLetter } from './message/dead-letter.js'

export { batchMessage, deleteMessage, patternMessage, updateMessage } from './message/create-message.js'
export type { MessageOptions } from './message/create-message.js'
export type {
  BatchInvalidation,
  BuiltInEntity,
  CustomEntities,
  EntityInvalidation,
  EntityType,
  Invalidation,
  InvalidationMessage,
  Json,
  PatternInvalidation,
} from './message/message.js'
export { buildCacheKey, buildPattern, extractEntityType, parseCacheKey, validateCacheKey } from './message/cache-key.js'
export type { ParsedCacheKey } from './message/cache-key.js'
export { matchesPattern } from './message/glob.js'

export { StatsCollector } from './telemetry/stats-collector.js'
export type { InvalidationStats, StatsOptions } from './telemetry/stats-collector.js'
export type { LatencySummary } from './telemetry/sliding-latencies.js'

export type { RedisSource } from './open-log.js'
export type { InvalidationLog } from './log/log.js'
export type { RedisLike } from './log/redis-like.js'

export type { ConnectionOptions } from './options.js'
export type { Runtime, Timer } from './runtime.js'
export type { ErrorEvents, Logger } from './events.js'
export {
  ClosedError,
  ConfigurationError,
  HandlerError,
  HandlerTimeoutError,
  InvalidationError,
  InvalidationErrorCode,
  InvalidMessageError,
  PublishTimeoutError,
  RedisError,
  SerializationError,
  UnsupportedServerError,
  WaitTimeoutError,
} from './errors.js'
export type { InvalidMessageErrorOptions, InvalidMessageReason, RedisErrorKind } from './errors.js'
