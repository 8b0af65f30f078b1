/** Keeps a cache of feeds, and evicts what it is told to. Ends on SIGTERM. */
import { trace } from '@opentelemetry/api'
import { InvalidationSubscriber } from '../../src/index.js'

const feeds = new Map([
  ['feed:1', 'Ada: Hello'],
  ['feed:2', 'Ada: Hello'],
])

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const subscriber = await InvalidationSubscriber.connect(redis, { service: 'feed-service' })

const subscription = subscriber.subscribe(
  (message) => {
    // The handler runs within the span of its evict: what it tells of itself goes there, and spans of its own below it.
    trace.getActiveSpan()?.setAttribute('feeds.evicted', feeds.size)
    console.log(`${message.action} from ${message.sourceService}: ${feeds.size} feeds evicted`)
    feeds.clear() // each shows names of users: whatever changes, all of them go
  },
  { name: 'feed-cache' },
)
await subscription.caughtUp()
console.log('ready')

process.once('SIGTERM', () => void subscriber.close())
