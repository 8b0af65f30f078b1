import type { Command } from 'commander'
import { withAdministration } from './administration.js'
import { examples, wholeNumber } from './arguments.js'
import { withCommands } from './connection.js'
import { exitCodes, UsageError, type ExitCode } from './exit-codes.js'
import type { RunTask, Session } from './session.js'
import { readStatus } from './status-reading.js'
import { renderStatus } from './status-rendering.js'
import { summarizeStatus, type Status } from './status-summary.js'
import { repeat, watch } from './watch.js'

interface StatusFlags {
  /** Seconds, or true for the default. */
  readonly watch?: number | true
}

const defaultWatchSeconds = 2

export function registerStatus(parent: Command, run: RunTask): void {
  parent
    .command('status')
    .description('Show the log and every subscription that makes itself known: state, lag, when it was last seen.')
    .option(
      '--watch [seconds]',
      `draw it again every ${defaultWatchSeconds} seconds, or as many as given, until q or Ctrl-C; with --json, print it again`,
      wholeNumber(1, 3_600),
    )
    .addHelpText('after', examples('status', 'status --watch', 'status --json | jq .subscribers'))
    .action((flags: StatusFlags) => run((session) => showStatus(session, flags)))
}

async function showStatus(session: Session, flags: StatusFlags): Promise<ExitCode> {
  const { output } = session
  const everyMs = 1_000 * (flags.watch === true ? defaultWatchSeconds : (flags.watch ?? 0))
  if (everyMs > 0 && !output.json && !output.isTerminal) {
    throw new UsageError('--watch draws on a terminal, and the output is none: leave it out, or add --json')
  }
  return withStatus(session, async (readNow) => {
    const render = async (): Promise<string> => renderStatus(await readNow(), output)
    const printJson = async (): Promise<void> => output.printJson(await readNow())
    if (everyMs > 0) return output.json ? repeat(session, everyMs, printJson) : watch(session, everyMs, render)
    if (output.json) await printJson()
    else await output.print(await render())
    return exitCodes.ok
  })
}

/** Runs a task that can ask for the status as it is now, over connections that stay open. */
function withStatus<Result>(
  session: Session,
  task: (readNow: () => Promise<Status>) => Promise<Result>,
): Promise<Result> {
  const { runtime, connection } = session
  return withAdministration(session, (administration) =>
    withCommands(session, (commands) =>
      task(async () => {
        return summarizeStatus(await readStatus({ channel: connection.channel, administration, commands, runtime }))
      }),
    ),
  )
}
