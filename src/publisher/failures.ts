import { ClosedError, PublishTimeoutError, RedisError } from '../support/errors.js'
import { describeThrown } from '../support/thrown.js'

/** The publisher's state from which the reason of a delay is derived. */
export interface Delay {
  readonly connected: boolean
  /** Whether the server has been checked since the link came up: nothing is sent before that. */
  readonly looked: boolean
  /** How many frames were sent and are not acknowledged. */
  readonly inFlight: number
  readonly queued: number
  /** The last failure of the link or of an append, unless an append has succeeded since. */
  readonly trouble: Error | undefined
}

/** The error of a `publish()` that was not acknowledged in time; names the reason. */
export function publishTimeout(timeoutMs: number, delay: Delay): PublishTimeoutError {
  return new PublishTimeoutError(
    `Not acknowledged within ${timeoutMs} ms: ${reasonOf(delay)}; ${delay.queued} messages wait. The message stays queued and is still sent, so do not publish it again`,
    { cause: delay.trouble },
  )
}

/**
 * The error of messages that `close()` gives up.
 *
 * @param inDoubt how many of them were sent, and may have been appended
 */
export function closedBeforeAppended(count: number, inDoubt: number, delay: Delay): ClosedError {
  const doubt = inDoubt > 0 ? `; ${inDoubt} of them were under way and may have been` : ''
  const why = count > 0 ? `: ${reasonOf(delay)}` : ''
  return new ClosedError(`The publisher was closed with ${count} invalidations not appended${doubt}${why}`, {
    cause: count > 0 ? delay.trouble : undefined,
  })
}

/** The error of an append that the server executed without handing it to subscribers. */
export function channelRefused(channel: string): RedisError {
  return new RedisError(
    'refused',
    `The server refuses PUBLISH on "${channel}". Messages are in the log, but subscribers find them only with their next heartbeat: grant the channel to this user (ACL SETUSER … &${channel})`,
  )
}

function reasonOf({ connected, looked, inFlight, trouble }: Delay): string {
  const last = trouble === undefined ? '' : ` (${describeThrown(trouble)})`
  if (!connected) return `the connection is down${last}`
  if (trouble !== undefined) return `the last attempt failed${last}`
  if (!looked) return 'the connection is up, but the server has not answered the first questions yet'
  if (inFlight > 0) return `the connection is up, but ${inFlight} frames that were sent have no reply yet`
  return 'the connection is up, but other messages are sent first'
}
