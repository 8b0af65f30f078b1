import { changeCommands } from '../log/changed-commands.js'
import type { InvalidationLog } from '../log/log.js'

/** The same log, whose command connections close when the signal aborts: what waits for them ends at once. */
export function closedBy(signal: AbortSignal, log: InvalidationLog): InvalidationLog {
  return changeCommands(log, (commands) => {
    signal.addEventListener('abort', () => void commands.close(), { once: true })
    return {}
  })
}
