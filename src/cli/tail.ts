import type { Command } from 'commander'
import type { LogCommands } from '../log/log.js'
import { formatPosition, isPosition } from '../log/model/position.js'
import { InvalidationSubscriber } from '../subscriber/subscriber.js'
import type { Subscription } from '../subscriber/subscription.js'
import { examples, keepAll, wholeNumber } from './arguments.js'
import { readOnly } from './changed-logs.js'
import type { CommandSession, RunTask } from './command-session.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { logOf, withCommands } from './log-connection.js'
import { addFilterOptions, type FilterFlags } from './message-filter.js'
import { startOf } from './points.js'
import { readRange, warnOfGap, warnOfTrimmed } from './read-range.js'
import { TailPrinter } from './tail-printer.js'

interface TailFlags extends FilterFlags {
  readonly since?: string
  readonly count?: number
}

/** The longest there is: who reads a pager may take their time. */
const handlerTimeoutMs = 24 * 60 * 60 * 1_000

export function registerTail(parent: Command, run: RunTask): void {
  const tail = parent
    .command('tail')
    .description('Show what is published, as it comes, and how late it was. Ctrl-C ends it.')
    .option('--since <point>', 'begin in the past: how long ago (10m, 2h, 1.5d), a time, a stream ID or a position')
  addFilterOptions(tail)
    .option('--count <n>', 'end after so many messages', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addHelpText(
      'after',
      examples('tail', 'tail --since 10m --type user', "tail --key 'feed:*' --service user-service --json"),
    )
    .action((flags: TailFlags) => run((session) => tailLog(session, flags)))
}

function tailLog(session: CommandSession, flags: TailFlags): Promise<ExitCode> {
  const since = flags.since === undefined ? undefined : startOf(flags.since, session.runtime.now())
  // Also where nothing is read over it: a server that is away is told at once, and not waited for.
  return withCommands(session, async (commands) => {
    const printer = new TailPrinter(session, flags, commands)
    const startAt = since === undefined ? 'head' : await printSince(session, commands, printer, since)
    const { channel } = session.connection
    const subscriber = await InvalidationSubscriber.connect(readOnly(logOf(session)), {
      channel,
      runtime: session.runtime,
      announce: false,
      // Where the newest entry was deleted, who follows the log leaves a marker: that must trim nothing.
      retention: keepAll,
    })
    subscriber
      .on('error', (error) => session.output.warn(error.message))
      .on('disconnected', (error) => session.output.warn(error.message))
    try {
      const subscription = subscriber.subscribe((message, delivery) => printer.take(message, delivery), {
        startAt,
        onResync: 'notify',
        retry: { forMs: 0 },
        onDeadLetter: 'keep',
        handlerTimeoutMs,
      })
      tellOf(subscription, session, printer)
      await printer.finished
      return exitCodes.ok
    } finally {
      await subscriber.close()
    }
  })
}

/**
 * Prints the first entry at or behind a stream ID; resolves to where the subscription begins, which is behind it. Nothing
 * can begin behind an entry whose append id no publisher gave: it prints such an entry and looks at the next one.
 */
async function printSince(
  { output }: CommandSession,
  commands: LogCommands,
  printer: TailPrinter,
  since: string,
): Promise<string> {
  await warnOfTrimmed(commands, since, output)
  for await (const entry of readRange(commands, { from: since, to: undefined }, (...gap) =>
    warnOfGap(output, ...gap),
  )) {
    await printer.takeEntry(entry)
    if (isPosition(entry.position)) return formatPosition(entry.position)
  }
  return 'head'
}

function tellOf(subscription: Subscription, { output }: CommandSession, printer: TailPrinter): void {
  subscription
    .on('error', (error) => output.warn(error.message))
    .on('state', (state) => {
      if (!printer.isOver) output.note(`state: ${state}`)
    })
    .on('resync', (event) => {
      // Nobody has missed what was appended to a log that did not exist before.
      if (event.reason !== 'no-position') {
        const missed = event.missed === undefined ? '' : `, ${event.missed} entries are gone`
        output.warn(`resync (${event.reason}${missed}): here every subscriber evicts everything`)
      }
      printer.takeAfterResync(event)
    })
}
