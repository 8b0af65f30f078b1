/**
 * Publishes as fast as callers can who await each call: `publish-flood.ts <peer> <url> <channel> <callers>`. Answers a
 * number of milliseconds when that long was published, and all of it acknowledged.
 */
import { sharedNow } from '../clock.js'
import { peerNamed } from '../peers.js'
import { formatEndMark } from './end-mark.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = '', callers = ''] = process.argv.slice(2)
const publish = await peerNamed(peer).openPublisher(url, channel)
let published = 0

serve(async (durationMs) => {
  const before = published
  const startedAt = sharedNow()
  const call = async (): Promise<void> => {
    while (sharedNow() - startedAt < durationMs) await publish(String(published++))
  }
  await Promise.all(Array.from({ length: Number(callers) }, call))
  await publish(formatEndMark({ startedAt, count: published - before }))
  return []
})
