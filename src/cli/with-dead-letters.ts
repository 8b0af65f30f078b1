import { DeadLetters } from '../delivery/dead-letters.js'
import { connectionNumbers } from '../options.js'
import { appendIds } from '../publishing/append-id.js'
import { withCommands } from './connection.js'
import type { ExitCode } from './exit-codes.js'
import type { Session } from './session.js'

/** Runs a task on the dead letters. `cap` is that of the log: only a redrive appends to it. */
export function withDeadLetters(
  session: Session,
  task: (deadLetters: DeadLetters) => Promise<ExitCode>,
  cap: number = connectionNumbers.cap.max,
): Promise<ExitCode> {
  const nextAppendId = appendIds(session.runtime)
  return withCommands(session, (commands) =>
    task(
      new DeadLetters({
        listDeadLetters: (from, count) => commands.listDeadLetters(from, count),
        removeDeadLetters: (ids) => commands.removeDeadLetters(ids),
        republish: async (message) => {
          await commands.append(nextAppendId(), message, cap)
        },
      }),
    ),
  )
}
