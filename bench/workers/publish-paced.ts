/**
 * Publishes at a rate, whether or not what was published before is acknowledged: `publish-paced.ts <peer> <url>
 * <channel>`. Each id is the moment of its `publish()`. Asked with a number of messages and how many a second, answers
 * when all are acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { sharedNow } from '../clock.js'
import { peerNamed } from '../peers.js'
import { formatEndMark } from './end-mark.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const publish = await peerNamed(peer).openPublisher(url, channel)

serve(async (count = 0, rate = 0) => {
  const startedAt = sharedNow()
  const acknowledged: Promise<unknown>[] = []
  for (let index = 0; index < count; index++) {
    const waitMs = startedAt + (index * 1_000) / rate - sharedNow()
    if (waitMs > 0) await delay(waitMs)
    acknowledged.push(publish(String(sharedNow())))
  }
  await Promise.all(acknowledged)
  await publish(formatEndMark({ startedAt, count }))
  return []
})
