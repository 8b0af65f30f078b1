import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Whether the garbage collector takes an object that only this reference knows, in one of several turns. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  if (typeof collect !== 'function') throw new Error('Expected V8 to have `gc` with --expose-gc')
  for (let turn = 0; turn < 20; turn++) {
    // A turn of its own: what a turn has seen of a WeakRef lives until it ends.
    await setImmediate()
    Reflect.apply(collect, undefined, [])
    if (reference.deref() === undefined) return true
  }
  return false
}
