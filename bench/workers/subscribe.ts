/**
 * Handles what is published: `subscribe.ts <peer> <url> <channel> <rate | latency>`. Answers at the end of a round with
 * what was measured: messages handled per second since the first was published, or the milliseconds that each message
 * took, whose id is the moment at which it was published.
 */
import { sharedNow } from '../clock.js'
import { peerNamed } from '../peers.js'
import { parseEndMark, type EndMark } from './end-mark.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = '', measured = ''] = process.argv.slice(2)
let handled = 0
let latencies: number[] = []
let round = Promise.withResolvers<readonly number[]>()

function handle(id: string): void {
  const end = parseEndMark(id)
  if (end !== undefined) {
    finish(end)
    return
  }
  handled++
  if (measured === 'latency') latencies.push(sharedNow() - Number(id))
}

/** Every message of the round must have come before its end, once: a rate of what got lost would be no rate. */
function finish({ startedAt, count }: EndMark): void {
  const elapsedMs = sharedNow() - startedAt
  if (handled !== count) round.reject(new Error(`${peer}: of ${count} messages published, ${handled} were handled`))
  round.resolve(measured === 'latency' ? latencies : [(handled / elapsedMs) * 1_000])
  handled = 0
  latencies = []
}

await peerNamed(peer).openSubscriber(url, channel, handle)

serve(async () => {
  const result = await round.promise
  round = Promise.withResolvers()
  return result
})
