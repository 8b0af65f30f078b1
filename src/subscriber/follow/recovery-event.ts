import type { Log } from '../../log/log.js'
import { formatPosition, type Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { InvalidationMessage, Json } from '../../message/message.js'
import type { DecodedFrame } from '../../message/wire/decode.js'
import { decodeFrame } from '../../message/wire/decode-frame.js'
import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError, RedisError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'
import { version } from '../../support/version.js'
import type { RecoverySpan } from '../../telemetry/telemetry.js'

/** A replay that handed something over, or found where a failover had replaced the history. */
export interface ReplayEvent {
  /** Positions, as text: the newest entry accepted before, and now. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly entries: number
  readonly messages: number
  /** A failover had replaced the end of our history; it was repaired without a resync. */
  readonly forked: boolean
  readonly durationMs: number
}

/** Continuity could not be proved: everything is evicted, and the log followed from its head. */
export interface ResyncEvent {
  readonly reason: ResyncReason
  /** Positions, as text: the newest entry accepted before, and the head gone on from. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** How many entries are gone, if known. */
  readonly missed: number | undefined
}

/** The message that a resync hands to the handler: a pattern that matches every key, which any handler understands. */
export function evictAll(event: ResyncEvent, runtime: Runtime): InvalidationMessage {
  const { reason, from = null, to = null, missed = null } = event
  const resync: Json = { reason, from, to, missed }
  return {
    action: 'pattern',
    pattern: '*',
    metadata: { resync },
    messageId: runtime.uuid(),
    timestamp: new Date(runtime.now()).toISOString(),
    sourceService: 'cache-invalidation',
  }
}

/** The error for an entry of the log that can't be read in full. */
export function unreadableError(position: Position, { rejected, writer }: DecodedFrame): InvalidMessageError {
  const [cause] = rejected
  const entry = `An entry of the log, ${describeValue(formatPosition(position))},`
  const outcome = 'everything is evicted instead (resync `unreadable`)'
  const said =
    writer === undefined || writer === version
      ? `${entry} can't be read in full, and ${outcome}: ${cause?.message ?? ''}. Update this service if a newer version wrote it; else find out who writes to the log`
      : `${entry} was written by version ${writer} and can't be read by ${version}, and ${outcome}: update this service`
  return new InvalidMessageError(said, { reason: cause?.reason ?? 'json', cause })
}

/** Ends the span of a resync, linked to the newest publish that it makes up for, if that is still in the log. */
export async function endSpan(
  span: RecoverySpan,
  event: ResyncEvent,
  head: Position | undefined,
  log: Log,
): Promise<void> {
  try {
    const page = head && (await log.readPage(head.streamId, 1))
    for (const { frame } of page?.entries ?? []) span.makesUpFor(decodeFrame(frame).traces ?? [])
  } catch {
    // The trace goes without the link; the resync is done, and a link that is down is reported elsewhere.
  }
  span.end(event)
}

const raiseLimit = 'set `client-output-buffer-limit` of the server to "normal 0 0 0", or higher than it is'

/** The connection was lost more than once while a page was read. */
export function pageCutOff(count: number, cause: unknown): RedisError {
  return new RedisError(
    'disconnected',
    `The connection was lost again while a page of ${count} entries was read: the server closes it if the page is larger than its \`client-output-buffer-limit normal\`. Pages become smaller until they pass; ${raiseLimit}`,
    { cause },
  )
}

/** Not even a page with one new entry arrives. */
export function entryCutOff(): RedisError {
  return new RedisError(
    'disconnected',
    `An entry of the log can not be read: the connection is lost each time, as if the entry alone were larger than \`client-output-buffer-limit normal\`. Everything is evicted in its place (resync \`unreadable\`); ${raiseLimit}, or publish smaller batches`,
  )
}
