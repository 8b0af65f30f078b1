/**
 * Publishes at a rate, whether or not what was published before is acknowledged: `publish-paced.ts <peer> <url>
 * <channel> <messages a second>`. Each id is the moment of its `publish()`. Answers a number of messages when they are
 * acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { sharedNow } from '../clock.js'
import { peerNamed } from '../peers.js'
import { formatEndMark } from './end-mark.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = '', rate = ''] = process.argv.slice(2)
const publish = await peerNamed(peer).openPublisher(url, channel)
const intervalMs = 1_000 / Number(rate)

serve(async (count) => {
  const startedAt = sharedNow()
  const acknowledged: Promise<unknown>[] = []
  for (let index = 0; index < count; index++) {
    await delay(startedAt + index * intervalMs - sharedNow())
    acknowledged.push(publish(String(sharedNow())))
  }
  await Promise.all(acknowledged)
  await publish(formatEndMark({ startedAt, count }))
  return []
})
