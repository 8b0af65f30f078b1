import { parsePosition } from '../../../src/log/model/position.js'
import { compareStreamIds } from '../../../src/message/stream-id.js'
import { connection } from '../cast.js'

/** What a publisher was told to publish. Times are in ms since the epoch, by the clock of one machine. */
export interface Publication {
  readonly id: string
  /** The publisher, and which of its lives. */
  readonly publisher: string
  readonly keys: readonly string[]
  readonly publishedAt: number
  acknowledged: Acknowledgement | undefined
}

export interface Acknowledgement {
  readonly at: number
  /** The id of the message that stands for it: its own, that of an equal one, or that of one that evicts all. */
  readonly carrier: string
  readonly position: string
}

/** The handler was told to evict everything. */
export type Eviction =
  | { readonly kind: 'resync'; readonly reason: string; readonly head: string | undefined; readonly at: number }
  /** A publisher's: it stands for what that publisher can't tell the fate of. */
  | { readonly kind: 'evict-all'; readonly publisher: string; readonly at: number }

/** What a subscription did with what was published. */
export interface Following {
  readonly name: string
  /** From when on it must miss nothing: when it had caught up for the first time; undefined before. */
  readonly since: number | undefined
  /** Ids of messages that its handler finished. */
  readonly handled: ReadonlySet<string>
  readonly evictions: readonly Eviction[]
}

export interface Loss {
  readonly subscription: string
  readonly publication: Publication
}

/**
 * Acknowledged publications that a subscription neither handled nor evicted everything over: lost. Only to be asked
 * at rest, when everything is appended and all have caught up.
 */
export function findLost(publications: Iterable<Publication>, followings: readonly Following[]): Loss[] {
  const lost: Loss[] = []
  for (const publication of publications) {
    for (const following of followings) {
      if (isMissed(publication, following)) lost.push({ subscription: following.name, publication })
    }
  }
  return lost
}

function isMissed({ publisher, publishedAt, acknowledged }: Publication, following: Following): boolean {
  const { since, handled, evictions } = following
  if (acknowledged === undefined || since === undefined || publishedAt < since) return false
  if (handled.has(acknowledged.carrier)) return false
  return !evictions.some((eviction) => covers(eviction, publisher, acknowledged))
}

/**
 * Whether everything was evicted over it. A resync covers what its head does not stand before: stream IDs tell time by
 * the one clock of this machine, whichever server gave them. A head can be older than what a failover lost before it,
 * so a resync also covers what was acknowledged before its head can have been read.
 */
function covers(eviction: Eviction, publisher: string, { at, position }: Acknowledgement): boolean {
  if (eviction.kind === 'evict-all') return eviction.publisher === publisher && at <= eviction.at
  const { head, reason } = eviction
  if (head !== undefined && compareStreamIds(streamId(position), streamId(head)) <= 0) return true
  // Between two primaries nothing is acknowledged; that is longer than the reading of a head takes.
  const headReadMs = reason === 'failover' ? 0 : connection.commandTimeoutMs
  return at < eviction.at - headReadMs
}

function streamId(position: string): string {
  return parsePosition(position).streamId
}
