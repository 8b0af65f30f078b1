import { once } from 'node:events'
import express from 'express'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const publisher = await InvalidationPublisher.connect(redis, 'user-service', { logger: console })
const subscriber = await InvalidationSubscriber.connect(redis, { logger: console })

const cache = new Map<string, string>()
const subscription = subscriber.subscribe(() => cache.clear()) // or only what the message names

const app = express()

// Liveness: this process answers. Whether Redis does is none of its business.
app.get('/healthz', (_request, response) => {
  response.json({ status: 'up' })
})

// Readiness: this process can vouch for its cache, or will within moments.
app.get('/readyz', (_request, response) => {
  const health = subscription.health()
  response.status(health.status === 'down' ? 503 : 200).json({ ...health, publisher: publisher.health() })
})

process.once('SIGTERM', () => void shutDown())
const port = Number(process.env.PORT ?? 3000)
const server = app.listen(port, process.env.HOST ?? '0.0.0.0')
await once(server, 'listening')
console.log(`listening on port ${port}`)

async function shutDown(): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
  await Promise.all([publisher.close(), subscriber.close()])
}
