import { setTimeout as delay } from 'node:timers/promises'

/** Twice, with a turn in between: what the first lets go of may hold more. Needs `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('Expected Node to run with --expose-gc')
  for (let time = 0; time < 2; time++) {
    globalThis.gc()
    await delay(20)
  }
}

/** What is on the heap and held by it after a garbage collection, in bytes. */
export async function heapAfterCollection(): Promise<number> {
  await collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
