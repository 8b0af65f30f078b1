import {
  type CursorFactory,
  fileCursor,
  InvalidationPublisher,
  InvalidationSubscriber,
  redisCursor,
  type RedisSource,
} from '../../../src/index.js'
import { CachingService } from './caching-service.js'
import type { Database } from './database.js'
import type { Service, ServiceName, Tell } from './service.js'
import type { SharedCache } from './shared-cache.js'
import { UserService } from './user-service.js'

/** What a service runs on: Redis in a process of its own, or a log in memory. */
export interface Surroundings {
  readonly log: RedisSource
  readonly channel: string
  readonly database: Database
  /** Absent without Redis. */
  readonly shared?: SharedCache
  readonly cursorPath: string
  readonly seed: number
  readonly tell: Tell
}

/** Longer than Redis is away in any act: what waits in the send queue is late, not lost. */
const publishTimeoutMs = 60_000

/** Resolves when the service is ready to work. */
export async function startService(name: ServiceName, surroundings: Surroundings): Promise<Service> {
  const { log, channel, database, cursorPath, seed, tell } = surroundings
  switch (name) {
    case 'user-service': {
      database.fill()
      const publisher = await InvalidationPublisher.connect(log, name, { channel, publishTimeoutMs })
      return new UserService({ publisher, database, seed, tell })
    }
    case 'graphql-gateway':
      return startCaching(name, ['user', 'post'], surroundings, redisCursor())
    case 'feed-service':
      return startCaching(name, ['feed', 'user'], surroundings, fileCursor(cursorPath))
    case 'search-service':
      return startCaching(name, ['post'], surroundings)
  }
}

async function startCaching(
  name: ServiceName,
  serves: readonly ('user' | 'post' | 'feed')[],
  { log, channel, database, shared, seed, tell }: Surroundings,
  durable?: CursorFactory,
): Promise<Service> {
  const subscriber = await InvalidationSubscriber.connect(log, { channel, service: name })
  const common = { subscriber, database, serves, seed, tell }
  // Without a durable cursor nothing may be cached that outlives the process.
  if (!durable) return CachingService.start({ ...common, subscription: { name }, shared: undefined })
  return CachingService.start({ ...common, subscription: { name, cursor: durable }, shared })
}
