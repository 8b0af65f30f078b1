import { changeCommands } from '../log/changed-commands.js'
import type { InvalidationLog } from '../log/log.js'
import { ClosedError } from '../support/errors.js'

/** The same log, whose command connections close when the signal aborts: what waits for them ends at once. */
export function closedBy(signal: AbortSignal, log: InvalidationLog): InvalidationLog {
  return changeCommands(log, (commands) => {
    signal.addEventListener('abort', () => void commands.close(), { once: true })
    return {}
  })
}

/**
 * A log to look at. A subscription to an empty one leaves no marker in it: it stays unanchored, and the first entry is
 * reported as a resync. What can't be handled does not become a dead letter of the services.
 */
export function readOnly(log: InvalidationLog): InvalidationLog {
  return changeCommands(log, (commands) => {
    const anchor = commands.anchor.bind(commands)
    return {
      anchor: async (...args) => ((await commands.head()) === undefined ? undefined : anchor(...args)),
      addDeadLetter: () => Promise.reject(new ClosedError('Nothing is written to this log: it is only looked at')),
    }
  })
}
