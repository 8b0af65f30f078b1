/**
 * A service that publishes, as a process of its own: `traced-publisher.ts <url> <channel>`. For each JSON line
 * `{"request": name, "publish": [invalidation, …]}` it publishes them at once, within a span of that name, and prints
 * `{"request": name, "receipts": […]}`. When the connection is lost it prints `{"disconnected": true}`. It has a cache on
 * another channel, `<channel>:cached`, and reads `user:1` twice within a span `cached`.
 */
import { createInterface } from 'node:readline'
import { trace } from '@opentelemetry/api'
import { CoherentCache } from '../../../src/cache.js'
import { type Invalidation, InvalidationPublisher } from '../../../src/index.js'

interface Request {
  readonly request: string
  readonly publish: readonly Invalidation[]
}

const [url = '', channel = ''] = process.argv.slice(2)
const tracer = trace.getTracer('application')

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const publisher = await InvalidationPublisher.connect(url, 'user-service', {
  channel,
  heartbeatMs: 100,
  // A server that is started again may take its time.
  publishTimeoutMs: 60_000,
})
publisher.on('error', () => undefined)
publisher.on('disconnected', () => print({ disconnected: true }))

const cache = await CoherentCache.connect(url, { service: 'user-service', name: 'users', channel: `${channel}:cached` })
cache.on('error', () => undefined)
await cache.caughtUp()
const users = cache.entity<string>('user', { load: (id) => id })
await tracer.startActiveSpan('cached', async (span) => {
  for (const id of ['1', '1']) await users.get(id)
  span.end()
})

const input = createInterface(process.stdin)
// It ends with who started it.
input.once('close', () => process.exit())
input.on('line', (line) => {
  const { request, publish } = JSON.parse(line) as Request
  void tracer.startActiveSpan(request, async (span) => {
    const receipts = await Promise.all(publish.map((invalidation) => publisher.publish(invalidation)))
    span.end()
    print({ request, receipts })
  })
})
print({ ready: true })
