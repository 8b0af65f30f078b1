import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** A full collection, in a process that was started without a flag for it. */
export function collectGarbage(): void {
  if (typeof collect !== 'function') throw new Error('Expected a garbage collector to call')
  Reflect.apply(collect, undefined, [])
}

/** What is in use on the heap after a full collection, in bytes. */
export function heapInUse(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
