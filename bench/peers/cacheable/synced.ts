import { EventEmitter } from 'node:events'
import { RedisMessageProvider } from '@qified/redis'
import { Qified } from 'qified'

/** What `Cacheable` takes as `sync` over Redis, and a promise for its subscriptions, which cacheable itself does not wait for. */
export function openSync(url: string) {
  const provider = new RedisMessageProvider({ uri: url })
  // Its clients of node-redis have no listener for errors: without one, a link that breaks ends the process.
  const parts: unknown[] = Object.values(provider)
  for (const part of parts) if (part instanceof EventEmitter) part.on('error', () => undefined)
  const qified = new Qified({ messageProviders: [provider] })
  const subscribed = Promise.withResolvers<undefined>()
  let topics = 0
  qified.on('subscribe', () => {
    // One for what others set, one for what they delete.
    if (++topics === 2) subscribed.resolve(undefined)
  })
  return { sync: { qified }, subscribed: subscribed.promise }
}
