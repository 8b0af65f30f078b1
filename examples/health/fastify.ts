import fastify from 'fastify'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const publisher = await InvalidationPublisher.connect(redis, 'user-service', { logger: console })
const subscriber = await InvalidationSubscriber.connect(redis, { logger: console })

const cache = new Map<string, string>()
const subscription = subscriber.subscribe(() => cache.clear()) // or only what the message names

const server = fastify()

// Liveness: this process answers. Whether Redis does is none of its business.
server.get('/healthz', () => ({ status: 'up' }))

// Readiness: this process can vouch for its cache, or will within moments.
server.get('/readyz', (_request, reply) => {
  const health = subscription.health()
  return reply.code(health.status === 'down' ? 503 : 200).send({ ...health, publisher: publisher.health() })
})

process.once('SIGTERM', () => void shutDown())
const address = await server.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '0.0.0.0' })
console.log(`listening on ${address}`)

async function shutDown(): Promise<void> {
  await server.close()
  await Promise.all([publisher.close(), subscriber.close()])
}
