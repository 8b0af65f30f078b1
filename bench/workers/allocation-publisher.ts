/**
 * Publishes, 100 callers at once: `allocation-publisher.ts <peer> <url> <channel>`. Asked with a number of messages,
 * answers, when all are acknowledged, with the bytes that were allocated.
 */
import { loadPeer } from '../peers.js'
import { countAllocated } from './allocation.js'
import { serve } from './serve.js'

const callers = 100

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const opened = await loadPeer(peer)
const publisher = await opened.openPublisher(url, channel)
let published = 0

serve(async (messages = 0) => {
  const allocated = await countAllocated()
  const end = published + messages
  const call = async (): Promise<void> => {
    while (published < end) await publisher.publish(String(published++))
  }
  await Promise.all(Array.from({ length: callers }, call))
  return [await allocated()]
})
