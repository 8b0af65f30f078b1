import type { Inspection } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import { compareStreamIds } from '../../message/stream-id.js'

/** The identity of a frame that arrived on the live channel. */
export interface ArrivingFrame {
  readonly position: Position
  readonly prev: string
}

/** What to do with a frame that arrives live. */
export type ArrivalVerdict = 'deliver' | 'duplicate' | 'recover'

/**
 * The live rule: a frame continues my history if its `prev` is my append id, its stream ID is greater than mine, and
 * its append id was not accepted before. A duplicate is an accepted entry under the same stream ID. Anybody who may
 * publish on the channel can write a frame, so if frames contradict each other, the log decides.
 */
export function judgeArrival(
  mine: Position | undefined,
  accepted: { streamIdOf(appendId: string): string | undefined },
  { position: { streamId, appendId }, prev }: ArrivingFrame,
): ArrivalVerdict {
  const acceptedAs = accepted.streamIdOf(appendId)
  if (prev === mine?.appendId) {
    return acceptedAs === undefined && isLater(streamId, mine.streamId) ? 'deliver' : 'recover'
  }
  return acceptedAs === streamId ? 'duplicate' : 'recover'
}

/** Whether stream ID `a` is greater than `b`. If they are equally long, as nearly all are, it cuts no substring. */
function isLater(a: string, b: string): boolean {
  const dash = a.indexOf('-')
  const otherDash = b.indexOf('-')
  if (dash !== otherDash) return dash > otherDash
  if (a.length === b.length) return a > b
  const [time, otherTime] = [a.slice(0, dash), b.slice(0, dash)]
  return time === otherTime ? a.length > b.length : time > otherTime
}

/** Where reading goes on from. */
export type ReplayStart =
  /** From an entry that was accepted; the page begins with it, and it must still be there. */
  | { readonly at: 'entry'; readonly position: Position }
  /** From the first entry of the log, which must continue `prev`, or anything if `prev` is undefined. */
  | { readonly at: 'first'; readonly prev: string | undefined }

/** What an inspection of the log says about the history behind a position. */
export type Continuity =
  | { readonly kind: 'replay'; readonly start: ReplayStart; readonly forked: boolean }
  | { readonly kind: 'current' }
  | { readonly kind: 'resync'; readonly reason: ResyncReason; readonly missed: number | undefined }

/** Whether the log, as found, continues a position. Undefined if only an older entry of ours can still show it. */
export function judgeContinuity(position: Position, found: Inspection): Continuity | undefined {
  if (found.found === position.appendId) {
    return { kind: 'replay', start: { at: 'entry', position }, forked: false }
  }
  if (found.first?.prev === position.appendId) {
    return { kind: 'replay', start: { at: 'first', prev: position.appendId }, forked: false }
  }
  if (found.first === undefined && found.last === position.appendId) return { kind: 'current' }
  return undefined
}

/**
 * What to do if the log does not continue the position: go on from the newest accepted entry that is still there
 * (a failover lost our tail), or give up continuity.
 *
 * @param ordinal how many entries had been appended up to the position, if known: it shows how many are gone
 */
export function judgeFork(
  position: Position,
  found: Inspection,
  newestIntact: Position | undefined,
  ordinal: number | undefined,
): Continuity {
  if (newestIntact !== undefined) {
    return { kind: 'replay', start: { at: 'entry', position: newestIntact }, forked: true }
  }
  const reason = lossReason(position, found)
  return { kind: 'resync', reason, missed: reason === 'trimmed' ? missedEntries(found, ordinal) : undefined }
}

function lossReason(position: Position, found: Inspection): ResyncReason {
  const { first } = found
  if (first === undefined) return 'log-lost'
  if (compareStreamIds(position.streamId, first.position.streamId) >= 0) return 'forked'
  // A first entry that continues nothing began a new log; one that continues an entry followed entries that are gone.
  return first.prev === '' ? 'log-lost' : 'trimmed'
}

function missedEntries(found: Inspection, ordinal: number | undefined): number | undefined {
  if (found.added === undefined || ordinal === undefined) return undefined
  const missed = found.added - found.length - ordinal
  return missed > 0 ? missed : undefined
}
