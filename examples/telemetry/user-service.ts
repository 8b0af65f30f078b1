/** Changes a user and publishes what is to be evicted, all within the span of a request. */
import { trace } from '@opentelemetry/api'
import { InvalidationPublisher } from '../../src/index.js'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const publisher = await InvalidationPublisher.connect(redis, 'user-service')

await trace.getTracer('user-service').startActiveSpan('PUT /users/123', async (span) => {
  try {
    await publisher.update('user', '123')
  } finally {
    span.end()
  }
})

await publisher.close()
