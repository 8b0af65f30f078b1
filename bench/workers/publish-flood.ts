/**
 * Publishes as fast as callers can who await each call: `publish-flood.ts <peer> <url> <channel>`. Asked with
 * milliseconds and a number of callers, answers when they have published that long, and all of it is acknowledged.
 */
import { sharedNow } from '../clock.js'
import { peerNamed } from '../peers.js'
import { formatEndMark } from './end-mark.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const publish = await peerNamed(peer).openPublisher(url, channel)
let published = 0

serve(async (durationMs = 0, callers = 0) => {
  const before = published
  const startedAt = sharedNow()
  const call = async (): Promise<void> => {
    while (sharedNow() - startedAt < durationMs) await publish(String(published++))
  }
  await Promise.all(Array.from({ length: callers }, call))
  await publish(formatEndMark({ startedAt, count: published - before }))
  return []
})
