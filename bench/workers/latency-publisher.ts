/**
 * Publishes at a rate, whether or not what was published before is acknowledged: `latency-publisher.ts <peer> <url>
 * <channel>`. Each id says when its message was due, in µs on the shared clock. Asked with a number of messages and how
 * many a second, answers, when all are acknowledged, with how late in ms the 99th percentile of them was published.
 */
import { sharedNow } from '../clock.js'
import { LatencyHistogram } from '../latency-histogram.js'
import { pace } from '../pacer.js'
import { loadPeer } from '../peers.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const publisher = await (await loadPeer(peer)).openPublisher(url, channel)
const lateness = new LatencyHistogram()

serve(async (count = 0, perSecond = 0) => {
  lateness.reset()
  let pending = count
  const all = Promise.withResolvers<undefined>()
  // Counted, not kept: a promise for each of them would be the garbage collector's, in the middle of it.
  const acknowledged = (): void => {
    if (--pending === 0) all.resolve(undefined)
  }
  // Whole microseconds, so that no two ids are the same.
  const startAt = Math.ceil(sharedNow())
  await pace({ startAt, count, perSecond }, (dueAt) => {
    lateness.record(sharedNow() - dueAt)
    publisher.publish(String(Math.round(dueAt * 1_000))).then(acknowledged, all.reject)
  })
  await all.promise
  return [lateness.percentile(99)]
})
