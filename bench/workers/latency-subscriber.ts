/**
 * Handles what latency-publisher.ts publishes: `latency-subscriber.ts <peer> <url> <channel>`. Asked with the number of
 * messages that were published, answers with how many came since it was last asked, and with the points of their
 * percentile curve in ms: from when each was due until it was handled.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { sharedNow } from '../clock.js'
import { LatencyHistogram } from '../latency-histogram.js'
import { loadPeer } from '../peers.js'
import { serve } from './serve.js'

/** What has not come by then is lost. */
const timeoutMs = 3_000

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const latencies = new LatencyHistogram()

const opened = await loadPeer(peer)
await opened.openSubscriber(url, channel, (id) => {
  latencies.record(sharedNow() - Number(id) / 1_000)
})

serve(async (published = 0) => {
  const deadline = sharedNow() + timeoutMs
  while (latencies.count < published && sharedNow() < deadline) await delay(5)
  const answer = [latencies.count, ...latencies.curve()]
  latencies.reset()
  return answer
})
