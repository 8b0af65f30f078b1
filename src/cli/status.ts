import type { Command } from 'commander'
import { factOf } from '../log/admin/administration-replies.js'
import type { Administration } from '../log/admin/administration.js'
import type { LogCommands } from '../log/log.js'
import type { Runtime } from '../support/runtime.js'
import { sampleSize } from './append-rate.js'
import { examples, wholeNumber } from './arguments.js'
import type { CommandSession, RunTask } from './command-session.js'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.js'
import { readPublishers } from './fleet.js'
import { withAdministration, withCommands } from './log-connection.js'
import { renderStatus } from './status-rendering.js'
import { type Status, type StatusFacts, summarizeStatus } from './status-summary.js'
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

async function showStatus(session: CommandSession, flags: StatusFlags): Promise<ExitCode> {
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
  session: CommandSession,
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

/** What a status is read from. */
export interface StatusSource {
  readonly channel: string
  readonly administration: Administration
  readonly commands: LogCommands
  readonly runtime: Pick<Runtime, 'now'>
}

/** Of the entries that the rate of the log is taken from only the IDs are of use: few are read where they are big. */
const maxSampledBytes = 1024 * 1024

/**
 * Reads what there is to know of a log and its subscriptions.
 *
 * @throws RedisError where the link fails
 */
async function readStatus({ channel, administration, commands, runtime }: StatusSource): Promise<StatusFacts> {
  const [bytes, brief] = await Promise.all([administration.streamBytes(), administration.snapshot(1)])
  const [snapshot, clock, announced, publishers, listeners] = await Promise.all([
    administration.snapshot(sampleSize(brief.value?.stream?.length ?? 0, bytes.value, maxSampledBytes)),
    administration.clock(),
    factOf(commands.listAnnounced('subscriber')),
    factOf(commands.listAnnounced('publisher').then(readPublishers)),
    administration.listeners(),
  ])
  const now = Math.floor(clock.value?.serverMs ?? runtime.now())
  return { channel, server: administration.address, now, snapshot, bytes, announced, publishers, listeners }
}
