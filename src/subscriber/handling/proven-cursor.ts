import type { Log } from '../../log/log.js'
import { parseCursor } from '../../log/model/position.js'
import type { CursorStore } from './cursor.js'

/**
 * A cursor store that saves no position that the log lacks. A forged frame moves the position until the log is read
 * again. A process that started from such a position would evict everything for nothing.
 */
export function provenCursor(store: CursorStore, log: Pick<Log, 'lookup'>): CursorStore {
  let overwriteNext = false
  return {
    durable: store.durable,
    load: (name) => store.load(name),
    async save(name, position, overwrite) {
      // Kept until a save with it has succeeded: a skipped save must not lose it.
      overwriteNext ||= overwrite
      if (await isGone(log, position)) return
      await store.save(name, position, overwriteNext)
      overwriteNext = false
    },
  }
}

/** If the log can't be asked, the position is saved: nearly all positions are real. */
async function isGone(log: Pick<Log, 'lookup'>, position: string): Promise<boolean> {
  try {
    const [presence] = await log.lookup([parseCursor(position).position])
    return presence === 'gone'
  } catch {
    return false
  }
}
