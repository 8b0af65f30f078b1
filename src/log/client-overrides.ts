import type { ClientOverrides } from './redis-like.js'

/** How long a connection that was dropped may take to say goodbye before its socket is destroyed. */
export const disconnectTimeoutMs = 100

/** Our connections never resend, queue or hang by themselves: whoever calls decides what happens to a call. */
export function clientOverrides(retryDelay: () => number): ClientOverrides {
  return {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Neither a setup of its own nor its ready check, which is an INFO: what must be known we ask ourselves.
    disableClientInfo: true,
    enableReadyCheck: false,
    disconnectTimeout: disconnectTimeoutMs,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    monitor: false,
    readOnly: false,
    reconnectOnError: null,
    replyMapping: 'legacy',
    retryStrategy: retryDelay,
    showFriendlyErrorStack: false,
    stringNumbers: false,
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
  }
}

/** The most that one sentinel, or one node of a cluster, is waited for, whatever the attempt to connect may take. */
const maxStepMs = 1_000

/** An equal share of an attempt to connect, in ms: what is asked on the way must leave time for the rest. */
export function shareOf(commandTimeoutMs: number, steps: number): number {
  return Math.max(1, Math.min(maxStepMs, Math.floor(commandTimeoutMs / steps)))
}
