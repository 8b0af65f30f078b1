import './support/node-version.js'
export { InvalidationPublisher } from './publisher/publisher.js'
export type { PublisherEvents, PublisherHealth } from './publisher/events.js'
export type { PublisherOptions, PublishOptions, RepairOptions, WaitReplicasOptions } from './publisher/options.js'
export type { Receipt } from './publisher/callers.js'
export type { RepairSummary } from './publisher/repair/repair.js'
export type { Overflow } from './publisher/send-queue.js'

export { InvalidationSubscriber } from './subscriber/subscriber.js'
export type { SubscriberEvents } from './subscriber/subscriber.js'
export { Subscription } from './subscriber/subscription.js'
export type { ForeignGapEvent, SubscriptionEvents } from './subscriber/subscription-events.js'
export type { Freshness, HealthReason, SubscriptionHealth } from './subscriber/progress/health.js'
export type { SubscriptionState } from './subscriber/progress/health.js'
export type { RetryOptions, SubscriberOptions, SubscriptionOptions } from './subscriber/options.js'
export type { ReplayEvent, ResyncEvent } from './subscriber/follow/recovery-event.js'
export type { WaitOptions } from './subscriber/progress/waiters.js'
export type { ResyncReason } from './log/model/resync-reason.js'

export type { Delivery, InvalidationHandler, Origin } from './subscriber/handling/delivery.js'
export { memoryCursor, redisCursor } from './subscriber/handling/cursor.js'
export { fileCursor } from './subscriber/handling/file-cursor.js'
export type { CursorContext, CursorFactory, CursorStore } from './subscriber/handling/cursor.js'
export { DeadLetters } from './subscriber/handling/dead-letters.js'
export type { ListDeadLettersOptions, Redriven } from './subscriber/handling/dead-letters.js'
export type { DeadLetter } from './log/log.js'

export { evict } from './evictors/evict.js'
export type { EvictOptions, EvictTargetOptions } from './evictors/evict.js'
export type { CacheManagerTarget, EvictTarget, KeyvTarget, MapTarget } from './evictors/targets.js'

export { batchMessage, deleteMessage, patternMessage, tagMessage, updateMessage } from './message/create-message.js'
export type { MessageOptions, TagMessageOptions, TagOptions } from './message/create-message.js'
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
  TagInvalidation,
  TagMode,
} from './message/message.js'
export { buildCacheKey, buildPattern, extractEntityType, parseCacheKey, validateCacheKey } from './message/cache-key.js'
export type { ParsedCacheKey } from './message/cache-key.js'
export { matchesPattern } from './message/glob.js'

export type { SubscriptionCounts } from './telemetry/counters.js'
export { StatsCollector } from './telemetry/stats-collector.js'
export type { InvalidationStats, StatsOptions } from './telemetry/stats-collector.js'
export type { LatencySummary } from './telemetry/latencies.js'

export type { RedisSource } from './log/open-log.js'
export { deleteMatching } from './log/redis/delete-matching.js'
export type { DeleteMatchingOptions } from './log/redis/delete-matching.js'
export type {
  ConnectionListener,
  CursorTable,
  DeadLetterStore,
  FeedListener,
  InvalidationLog,
  Log,
  LogCommands,
  LogConnection,
  LogFeed,
  Registry,
} from './log/log.js'
export type { Announced, Member } from './log/model/announced.js'
export type { Anchor, Appended, Entry, Inspection, Page, Presence } from './log/model/entry.js'
export type { Position } from './log/model/position.js'
export type { Replication } from './log/model/replication.js'
export type { Retention } from './log/model/retention.js'
export type {
  ClientOverrides,
  ClusterLike,
  ClusterLikeOptions,
  KeyClient,
  RedisLike,
  RedisLikeOptions,
} from './log/redis/redis-like.js'
export type { Address, NatMap } from './log/redis/topology/address.js'

export { DEFAULT_CHANNEL } from './support/connection-options.js'
export type { ConnectionOptions, Credentials, CredentialsSource } from './support/connection-options.js'
export type { Runtime, Timer } from './support/runtime.js'
export type { ErrorEvents, Logger } from './support/events.js'
export {
  ClosedError,
  ConfigurationError,
  HandlerError,
  HandlerTimeoutError,
  InvalidationError,
  InvalidationErrorCode,
  InvalidMessageError,
  LoadTimeoutError,
  PublishTimeoutError,
  RedisError,
  SerializationError,
  UnsupportedServerError,
  WaitTimeoutError,
} from './support/errors.js'
export type { InvalidMessageErrorOptions, InvalidMessageReason, RedisErrorKind } from './support/errors.js'
