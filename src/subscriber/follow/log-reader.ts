import type { Log } from '../../log/log.js'
import type { Presence } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import { compareStreamIds } from '../../message/stream-id.js'
import { isRefused } from '../../support/errors.js'
import { type Continuity, judgeContinuity, judgeFork } from './continuity.js'

/** The most that one lookup takes. */
const lookupBatch = 100

/** Asks the log whether it continues a position, or an older entry that was accepted. */
export async function findContinuity(
  log: Pick<Log, 'inspect' | 'lookup'>,
  position: Position,
  acceptedNewestFirst: () => readonly Position[],
  ordinal: number | undefined,
): Promise<Continuity> {
  const found = await log.inspect(position)
  const continuity = judgeContinuity(position, found)
  if (continuity !== undefined) return continuity
  const newestIntact = found.first && (await findNewestIntact(log, acceptedNewestFirst()))
  return judgeFork(position, found, newestIntact, ordinal)
}

/** Without the right to run scripts nothing can be looked up: what is taken for gone is evicted instead. */
async function lookupAllowed(log: Pick<Log, 'lookup'>, batch: readonly Position[]): Promise<readonly Presence[]> {
  try {
    return await log.lookup(batch)
  } catch (error) {
    if (isRefused(error)) return []
    throw error
  }
}

async function findNewestIntact(
  log: Pick<Log, 'lookup'>,
  newestFirst: readonly Position[],
): Promise<Position | undefined> {
  for (let start = 0; start < newestFirst.length; start += lookupBatch) {
    const batch = newestFirst.slice(start, start + lookupBatch)
    const presence = await lookupAllowed(log, batch)
    const index = presence.indexOf('intact')
    if (index >= 0) return batch[index]
  }
  return undefined
}

/**
 * Whether an entry too old to be remembered is in the part of our history that has been handled. Below the log's first
 * entry it is, if the handled part reaches into the log: what a failover lost on the way there, its publisher has
 * appended again long ago.
 */
export async function isBehind(
  target: Position,
  handled: Position | undefined,
  log: Pick<Log, 'lookup'>,
): Promise<boolean> {
  if (handled === undefined || compareStreamIds(target.streamId, handled.streamId) > 0) return false
  const [presence, ours] = await log.lookup([target, handled])
  return presence !== 'gone' && ours === 'intact'
}
