import { setImmediate } from 'node:timers/promises'
import { collectGarbage } from './collect-garbage.js'

/** Whether the garbage collector takes an object that nothing else should know, in one of several turns. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) {
    // A turn of its own: what a turn has seen of a WeakRef lives until it ends.
    await setImmediate()
    collectGarbage()
    if (reference.deref() === undefined) return true
  }
  return false
}
