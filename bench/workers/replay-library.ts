/**
 * Replays entries as a subscription that comes back after it missed them: `replay-library.ts <url> <channel>
 * <position>`. Answers a number of entries with the entries per second, from `subscribe()` until the last is handled.
 */
import { InvalidationSubscriber } from '../../src/index.js'
import { sharedNow } from '../clock.js'
import { serve } from './serve.js'

const [url = '', channel = '', startAt = ''] = process.argv.slice(2)
const subscriber = await InvalidationSubscriber.connect(url, { channel })

serve(async (count = 0) => {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let handled = 0
  const handle = (): void => {
    if (++handled === count) resolve(sharedNow())
  }
  const startedAt = sharedNow()
  const subscription = subscriber.subscribe(handle, { startAt })
  subscription.on('resync', ({ reason }) => {
    reject(new Error(`Expected a replay, got a resync: ${reason}`))
  })
  const endedAt = await promise
  await subscription.close()
  return [(count / (endedAt - startedAt)) * 1_000]
})
