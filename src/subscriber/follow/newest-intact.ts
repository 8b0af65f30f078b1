import type { Log } from '../../log/log.js'
import type { Presence } from '../../log/model/entry.js'
import { lookupBatches, type Position } from '../../log/model/position.js'
import { isRefused } from '../../support/errors.js'

type Lookups = Pick<Log, 'lookup'>

/** The newest of our entries that is still in the log; undefined if none is, or if we may not look. */
export async function findNewestIntact(log: Lookups, newestFirst: readonly Position[]): Promise<Position | undefined> {
  for (const batch of lookupBatches(newestFirst)) {
    const index = (await lookupAllowed(log, batch)).indexOf('intact')
    if (index >= 0) return batch[index]
  }
  return undefined
}

/** Without the right to run scripts nothing can be looked up: what is taken for gone is evicted instead. */
async function lookupAllowed(log: Lookups, batch: readonly Position[]): Promise<readonly Presence[]> {
  try {
    return await log.lookup(batch)
  } catch (error) {
    if (isRefused(error)) return []
    throw error
  }
}
