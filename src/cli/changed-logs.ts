import { changeCommands } from '../log/changed-commands.js'
import type { InvalidationLog } from '../log/log.js'
import { ClosedError } from '../support/errors.js'

/** The same log, whose command connections close when the signal aborts: calls that wait for them end at once. */
export function closedBy(signal: AbortSignal, log: InvalidationLog): InvalidationLog {
  return {
    channel: log.channel,
    server: log.server,
    origin: log.origin,
    openFeed: (listener) => log.openFeed(listener),
    openCommands(listener) {
      const commands = log.openCommands(listener)
      signal.addEventListener('abort', () => void commands.close(), { once: true })
      return commands
    },
  }
}

/**
 * A log that is only read. A subscription to an empty one leaves no marker in it: it stays unanchored, and the first
 * entry is reported as a resync. Messages that can't be handled do not become dead letters of the services.
 */
export function readOnly(log: InvalidationLog): InvalidationLog {
  return changeCommands(log, (commands) => ({
    anchor: async (...args) => ((await commands.head()) === undefined ? undefined : commands.anchor(...args)),
    addDeadLetter: () => Promise.reject(new ClosedError('Nothing is written to this log: it is only looked at')),
  }))
}
