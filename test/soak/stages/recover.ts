import type { Undo } from './stage.js'

const tries = 4

/** Brings a stage back in order. A failover that ends meanwhile changes who is to follow whom: then it is begun anew. */
export function recovering(stage: { recover(): Promise<void> }): Undo {
  return async () => {
    for (let left = tries - 1; ; left--) {
      try {
        await stage.recover()
        return
      } catch (error) {
        if (left === 0) throw error
      }
    }
  }
}
