import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Peer } from './peer.js'

/** Plain Pub/Sub with ioredis and its defaults, the same message as JSON: nothing is kept, nothing can be read again. */
export const ioredis: Peer = {
  name: 'ioredis PUBLISH/SUBSCRIBE',
  async openPublisher(url, channel) {
    const redis = await connect(url)
    return (id) => redis.publish(channel, encode(id))
  },
  async openSubscriber(url, channel, handle) {
    const redis = await connect(url)
    redis.on('message', (_channel, text) => {
      handle(decode(text))
    })
    await redis.subscribe(channel)
  },
}

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return redis
}

function encode(id: string): string {
  return JSON.stringify({
    message_id: randomUUID(),
    entity_type: 'User',
    entity_id: id,
    action: 'Delete',
    timestamp: new Date().toISOString(),
    source_service: 'bench',
  })
}

function decode(text: string): string {
  const message: unknown = JSON.parse(text)
  if (typeof message === 'object' && message !== null && 'entity_id' in message) {
    if (typeof message.entity_id === 'string') return message.entity_id
  }
  throw new Error(`Expected a message with an entity_id, got ${text}`)
}
