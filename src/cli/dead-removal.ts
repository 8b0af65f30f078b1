import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { addRetentionOptions, examples, type RetentionFlags, retentionOf } from './arguments.js'
import type { CommandSession, RunTask } from './command-session.js'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.js'
import { formatCount } from './format.js'
import { withDeadLetters } from './log-connection.js'

interface ChoiceFlags {
  readonly all?: boolean
}

export function registerRedrive(dead: Command, run: RunTask): void {
  addRetentionOptions(dead.command('redrive'))
    .description('Publish dead letters again, to every subscriber, and remove them.')
    .argument('[id...]', 'their ids')
    .option('--all', 'all that there are now')
    .addHelpText('after', examples('dead redrive 1795365850251-0', 'dead redrive --all'))
    .action((ids: readonly string[], flags: ChoiceFlags & RetentionFlags) =>
      run(async (session) => {
        const chosen = chosenIds(ids, flags)
        return withDeadLetters(
          session,
          async (deadLetters) => {
            const { redriven, failed, error } = await deadLetters.redrive(chosen)
            if (session.output.json) await session.output.printJson({ redriven, failed, error: error?.message })
            else await session.output.print(`redriven ${letters(redriven)}`)
            if (error) session.output.fail(`${letters(failed)} failed and stand as they were: ${error.message}`)
            return failed === 0 ? foundAll(session, chosen, redriven) : exitCodes.failure
          },
          retentionOf(flags),
        )
      }),
    )
}

export function registerPurge(dead: Command, run: RunTask): void {
  dead
    .command('purge')
    .description('Remove dead letters for good. Asks first, on a terminal.')
    .argument('[id...]', 'their ids')
    .option('--all', 'all that there are now')
    .option('--yes', 'do not ask; required where there is no terminal to ask on')
    .addHelpText('after', examples('dead purge 1795365850251-0', 'dead purge --all --yes'))
    .action((ids: readonly string[], flags: ChoiceFlags & { readonly yes?: boolean }) =>
      run(async (session) => {
        const chosen = chosenIds(ids, flags)
        const which = chosen === undefined ? 'all dead letters' : letters(chosen.length)
        const question = `Remove ${which} of ${session.connection.channel} for good?`
        if (flags.yes !== true && !(await confirm(session, question))) {
          session.output.note('nothing was removed')
          return exitCodes.failure
        }
        return withDeadLetters(session, async (deadLetters) => {
          const purged = await deadLetters.purge(chosen)
          if (session.output.json) await session.output.printJson({ purged })
          else await session.output.print(`removed ${letters(purged)}`)
          return foundAll(session, chosen, purged)
        })
      }),
    )
}

/** @throws UsageError unless it is said clearly which are meant */
function chosenIds(ids: readonly string[], { all = false }: ChoiceFlags): readonly string[] | undefined {
  if (all === ids.length > 0) throw new UsageError('Expected ids of dead letters or --all, and not both')
  return all ? undefined : ids
}

function foundAll({ output }: CommandSession, chosen: readonly string[] | undefined, found: number): ExitCode {
  if (chosen === undefined || found === chosen.length) return exitCodes.ok
  output.fail(`${letters(chosen.length - found)} of those named did not stand any more`)
  return exitCodes.failure
}

function letters(count: number): string {
  return formatCount(count, 'dead letter', 'dead letters')
}

/**
 * Asks a person.
 *
 * @throws UsageError where there is no terminal to ask on
 */
async function confirm(
  { stdin, stderr, signal }: Pick<CommandSession, 'stdin' | 'stderr' | 'signal'>,
  question: string,
): Promise<boolean> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new UsageError('There is no terminal to ask on: add --yes to go on without being asked')
  }
  // Not as a terminal: that would take Ctrl-C for itself.
  const prompt = createInterface({ input: stdin, output: stderr, terminal: false })
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
