/**
 * Publishes as fast as callers can who await each call: `flood-publisher.ts <peer> <url> <channel> <publishers>`, each
 * with a connection of its own. Asked to begin a round, and then to publish: see flood/questions.ts.
 */
import { sharedNow } from '../clock.js'
import { type Begin, type Begun, isBegin, isPublish, type Publish, type Published } from '../flood/questions.js'
import { loadPeer } from '../peers.js'
import type { Publisher } from '../peers/peer.js'
import { serveRequests } from './serve.js'

const [name = '', url = '', channel = '', count = ''] = process.argv.slice(2)
const peer = await loadPeer(name)
const publishers = await Promise.all(Array.from({ length: Number(count) }, () => peer.openPublisher(url, channel)))
let held = 0

serveRequests(
  (asked): asked is Begin | Publish => isBegin(asked) || isPublish(asked),
  (asked) => (isPublish(asked) ? publish(asked) : begin(asked)),
)

/** Keys that the round before left are held already. */
async function begin({ first, count }: Begin): Promise<Begun> {
  const from = Math.max(first, held)
  held = Math.max(held, first + count)
  const ids = Array.from({ length: held - from }, (_, index) => String(from + index))
  for (const publisher of publishers) await publisher.hold?.(ids)
  return { held: ids.length }
}

/** Answers when all of it is acknowledged. */
async function publish({ first, step, count, durationMs, callers }: Publish): Promise<Published> {
  const cpuBefore = process.cpuUsage()
  const startedAt = sharedNow()
  const endAt = performance.now() + durationMs
  let published = 0
  const call = async (publisher: Publisher): Promise<void> => {
    while (published < count && performance.now() < endAt) await publisher.publish(String(first + step * published++))
  }
  const shareOf = (index: number): number => Math.floor((callers + index) / publishers.length)
  await Promise.all(
    publishers.flatMap((publisher, index) => Array.from({ length: shareOf(index) }, () => call(publisher))),
  )
  const { user, system } = process.cpuUsage(cpuBefore)
  return { published, startedAt, tookMs: sharedNow() - startedAt, cpuUs: user + system }
}
