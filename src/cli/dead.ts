import type { Command } from 'commander'
import { listRules } from '../subscriber/handling/dead-letters.js'
import { examples, wholeNumber } from './arguments.js'
import type { RunTask } from './command-session.js'
import { printDeadLetter, printDeadLetters } from './dead-letter-lines.js'
import { registerPurge, registerRedrive } from './dead-removal.js'
import { exitCodes } from './exit-codes.js'
import { withDeadLetters } from './log-connection.js'

interface ListFlags {
  readonly from?: string
  readonly limit: number
}

export function registerDead(parent: Command, run: RunTask): void {
  const dead = parent
    .command('dead')
    .description('Look after dead letters: the messages that handlers gave up on.')
    .addHelpText('after', examples('dead list', 'dead show 1795365850251-0', 'dead redrive --all'))
  registerList(dead, run)
  registerShow(dead, run)
  registerRedrive(dead, run)
  registerPurge(dead, run)
}

function registerList(dead: Command, run: RunTask): void {
  const { min, max, default: defaultLimit } = listRules.limit
  dead
    .command('list')
    .description('List dead letters, oldest first.')
    .option('--from <id>', 'the id to begin with (default: the oldest)')
    .option('--limit <n>', 'how many at most', wholeNumber(min, max), defaultLimit)
    .addHelpText('after', examples('dead list', 'dead list --limit 1000 --json'))
    .action(({ from, limit }: ListFlags) =>
      run((session) =>
        withDeadLetters(session, async (deadLetters) => {
          const letters = await deadLetters.list({ limit, ...(from !== undefined && { from }) })
          await printDeadLetters(session.output, letters)
          if (letters.length === limit) session.output.note('there may be more: --from with the last id goes on')
          return exitCodes.ok
        }),
      ),
    )
}

function registerShow(dead: Command, run: RunTask): void {
  dead
    .command('show')
    .description('Show one dead letter in full.')
    .argument('<id>', 'its id, as `dead list` prints it')
    .addHelpText('after', examples('dead show 1795365850251-0'))
    .action((id: string) =>
      run((session) =>
        withDeadLetters(session, async (deadLetters) => {
          const [letter] = await deadLetters.list({ from: id, limit: 1 })
          if (letter?.id !== id) throw new Error(`There is no dead letter ${id}: \`dead list\` shows those there are`)
          await printDeadLetter(session.output, letter)
          return exitCodes.ok
        }),
      ),
    )
}
