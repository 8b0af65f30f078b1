/**
 * Fills a cache in memory: `entries.ts <cache> <entries>`. Asked for nothing, it fills one, and answers with what an entry
 * takes on the heap after a garbage collection, in bytes: its key, and what the cache notes of it. All share one value.
 * Needs `--expose-gc`.
 */
import { loadMemoryTier } from '../memory-tiers.js'
import { heapAfterCollection } from './heap.js'
import { serve } from './serve.js'

const [name = '', entries = ''] = process.argv.slice(2)
const count = Number(entries)
const memoryTier = await loadMemoryTier(name)
const value = { name: 'Ada' }

serve(async () => {
  const before = await heapAfterCollection()
  const tier = await memoryTier.open(count)
  for (let entry = 0; entry < count; entry++) await tier.set(String(count + entry), value)
  const after = await heapAfterCollection()
  // Looked up last, so that nothing of it is collected before.
  for (const id of [count, 2 * count - 1])
    if ((await tier.get(String(id))) === undefined) throw new Error(`Expected ${name} to hold ${count} entries`)
  return [(after - before) / count]
})
