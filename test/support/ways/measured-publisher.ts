/** Publishes as a process of its own: `measured-publisher.ts <url> <channel>`. Answers each request with what ran for it. */
import { serveRequests } from '../../../bench/workers/serve.js'
import { InvalidationPublisher } from '../../../src/index.js'
import { Coverage, type RanFunction } from './coverage.js'
import { quiet } from './quiet.js'

const [, , url = '', channel = ''] = process.argv
const publisher = await InvalidationPublisher.connect(url, 'ways', { channel, ...quiet })
const coverage = new Coverage()
let published = 0

function isRequest(value: unknown): value is { readonly ask: 'publish' } {
  return typeof value === 'object' && value !== null && 'ask' in value && value.ask === 'publish'
}

serveRequests(isRequest, async (): Promise<RanFunction[]> => {
  const invalidation = { action: 'delete', entityType: 'user', entityId: String(published++) } as const
  coverage.take()
  await publisher.publish(invalidation)
  return coverage.take()
})
