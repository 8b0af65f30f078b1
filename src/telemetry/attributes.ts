import type * as Api from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import { InvalidationError } from '../support/errors.js'
import { isError } from '../support/thrown.js'

/** The module of that name, as the application has it. */
export type OpenTelemetryApi = typeof Api

/** Attributes of spans and metrics; those of `messaging.` and `server.` are OpenTelemetry's semantic conventions. */
export const attribute = {
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  messageId: 'messaging.message.id',
  batchCount: 'messaging.batch.message_count',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  action: 'cache_invalidation.action',
  entityType: 'cache_invalidation.entity_type',
  delivery: 'cache_invalidation.delivery',
  lagMs: 'cache_invalidation.lag_ms',
  streamId: 'cache_invalidation.stream_id',
  appendId: 'cache_invalidation.append_id',
  subscription: 'cache_invalidation.subscription',
  sourceService: 'cache_invalidation.source_service',
  coalescedInto: 'cache_invalidation.coalesced_into',
  reason: 'cache_invalidation.reason',
  missed: 'cache_invalidation.missed',
  from: 'cache_invalidation.from',
  to: 'cache_invalidation.to',
  entries: 'cache_invalidation.entries',
  forked: 'cache_invalidation.forked',
  attempt: 'cache_invalidation.attempt',
  waiting: 'cache_invalidation.send_queue.size',
  role: 'cache_invalidation.role',
  tier: 'cache_invalidation.tier',
  outcome: 'cache_invalidation.outcome',
  keys: 'cache_invalidation.keys',
} as const

/** Names of the events of spans. */
export const eventName = {
  queued: 'cache_invalidation.send_queue.queued',
  sent: 'cache_invalidation.send_queue.sent',
  retry: 'cache_invalidation.retry',
  deadLetter: 'cache_invalidation.dead_letter',
} as const

/** What every span says of where it happened. */
export function destinationAttributes(channel: string, server: string | undefined): Attributes {
  const [, address, port] = /^(.*?)(?::(\d+))?$/.exec(server ?? '') ?? []
  return {
    ...channelAttributes(channel),
    ...(address !== undefined && address !== '' && { [attribute.serverAddress]: address.replace(/^\[|\]$/g, '') }),
    ...(port !== undefined && { [attribute.serverPort]: Number(port) }),
  }
}

/**
 * What every span and every metric says. OpenTelemetry has no name of its own for Redis among messaging systems, so it is
 * `redis`, as for databases.
 */
export function channelAttributes(channel: string): Attributes {
  return { [attribute.system]: 'redis', [attribute.destination]: channel }
}

export function roleAttributes(channel: string, role: 'publisher' | 'subscriber'): Attributes {
  return { ...channelAttributes(channel), [attribute.role]: role }
}

/** A subscription's name is a service's own, and few: it may name a series. Keys and ids may not. */
export function subscriptionAttributes(channel: string, name: string): Attributes {
  return { ...channelAttributes(channel), [attribute.subscription]: name }
}

/** A stable code of ours, or the name of what was thrown. */
export function errorType(error: unknown): string {
  if (error instanceof InvalidationError) return error.code
  return isError(error) ? error.name : typeof error
}
