import { WaitTimeoutError } from '../../support/errors.js'
import { describeThrown } from '../../support/thrown.js'
import type { SubscriptionHealth } from './health.js'

/** The subscription's state from which the reason of a delay is derived. */
export interface Delay {
  readonly health: Pick<SubscriptionHealth, 'state' | 'behind' | 'reasons'>
  /** The last failure of the link; undefined once it is up and answers. */
  readonly linkError: Error | undefined
  /** The last error that the subscription emitted during the wait; otherwise the last error of a failing handler. */
  readonly ownError: Error | undefined
}

/** The error of a wait that took too long; names what is missing, and why. */
export function waitTimeout(timeoutMs: number, what: string, delay: Delay): WaitTimeoutError {
  const cause = delay.linkError ?? delay.ownError
  const last = cause === undefined ? '' : ` (${describeThrown(cause)})`
  const isDown = delay.health.state === 'connecting' || delay.health.state === 'disconnected'
  const advice = isDown ? 'Read past the cache until it is back' : 'Read past the cache, or raise timeoutMs'
  return new WaitTimeoutError(`Waited ${timeoutMs} ms for ${what}: ${obstacle(delay)}${last}. ${advice}`, { cause })
}

function obstacle({ health: { state, behind, reasons }, linkError }: Delay): string {
  switch (state) {
    case 'connecting':
      return 'the link to Redis has not come up yet'
    case 'disconnected':
      return 'the link to Redis is down'
    case 'replaying':
      return 'missed entries are being read from the log'
    case 'lagging':
      return `the handler can't keep up, and ${behind} messages wait for it`
    default:
      if (linkError !== undefined) return 'the link is up, but Redis refuses to answer'
      if (reasons.includes('replica')) return 'the server is a replica, which can not know what it lacks'
      if (reasons.includes('failover')) return 'publishers have not checked yet what a failover lost'
      if (behind > 0) return `the handler has not handled ${behind} messages yet`
      if (reasons.includes('unverified')) return 'the link is up, but Redis has not answered lately'
      return 'all that has arrived is handled, and this has not arrived'
  }
}
