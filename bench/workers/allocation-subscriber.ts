/**
 * Handles what allocation-publisher.ts publishes: `allocation-subscriber.ts <peer> <url> <channel>`. Asked with 0, answers
 * when it counts from here on; asked with the number of messages published since, answers, when all are handled, with
 * the bytes that were allocated.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { loadPeer } from '../peers.js'
import { countAllocated } from './allocation.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const opened = await loadPeer(peer)
let handled = 0
let allocated: () => Promise<number> = () => Promise.reject(new Error('Expected to be asked with 0 first'))

await opened.openSubscriber(url, channel, () => handled++)

serve(async (messages = 0) => {
  if (messages === 0) {
    handled = 0
    allocated = await countAllocated()
    return []
  }
  while (handled < messages) await delay(1)
  return [await allocated()]
})
