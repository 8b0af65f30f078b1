/** Every attribute that instruments carry. Each takes few values: keys and ids of entities are never among them. */
export const metricAttributes = [
  'messaging.system',
  'messaging.destination.name',
  'messaging.operation.name',
  'error.type',
  'cache_invalidation.subscription',
  'cache_invalidation.delivery',
  'cache_invalidation.reason',
  'cache_invalidation.role',
  'cache_invalidation.tier',
  'cache_invalidation.outcome',
] as const
