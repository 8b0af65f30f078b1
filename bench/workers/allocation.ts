/** How much of the heap was allocated, in a process that runs with {@link allocationFlags}. */
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

/** New objects have so much room that none are collected while they are counted: then the heap only grows. */
export const allocationFlags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'] as const

let collections = 0
const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))

/** Empties the heap's room for new objects; what is returned tells how many bytes were allocated since. */
export async function countAllocated(): Promise<() => Promise<number>> {
  if (globalThis.gc === undefined) throw new Error('Expected Node to run with --expose-gc')
  observer.observe({ entryTypes: ['gc'] })
  globalThis.gc()
  // What is observed comes in a later turn.
  await delay(10)
  collections = 0
  const before = process.memoryUsage().heapUsed
  return async () => {
    const allocated = process.memoryUsage().heapUsed - before
    await delay(10)
    observer.disconnect()
    if (collections > 0)
      throw new Error(`Expected no garbage collection while allocations are counted, got ${collections}`)
    return allocated
  }
}
