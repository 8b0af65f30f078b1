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
 * A log to look at. Who stands on one that is empty leaves no marker in it; then there is nothing to stand on, and the
 * first entry is told as a resync. What can't be handled does not become a dead letter of the services.
 */
export function readOnly(log: InvalidationLog): InvalidationLog {
  return changeCommands(log, (commands) => {
    const stand = commands.stand.bind(commands)
    return {
      stand: async (...args) => ((await commands.head()) === undefined ? undefined : stand(...args)),
      addDeadLetter: () => Promise.reject(new ClosedError('Nothing is written to this log: it is only looked at')),
    }
  })
}
