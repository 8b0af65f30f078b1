import { type Command, Option } from 'commander'
import type { Role } from '../log/admin/rights.js'
import { duration, examples } from './arguments.js'
import type { CommandSession, RunTask } from './command-session.js'
import { examine } from './doctor/checks.js'
import { thresholds } from './doctor/facts.js'
import { gather } from './doctor/gather.js'
import { countFindings, formatFindings } from './doctor/report.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { withAdministration } from './log-connection.js'

interface DoctorFlags {
  readonly cover: number
  readonly lag: number
  readonly user?: string
  readonly role?: Role
  readonly strict?: true
}

export function registerDoctor(parent: Command, run: RunTask): void {
  const { cover, lag } = thresholds
  parent
    .command('doctor')
    .description('Look for what is wrong with the server, the log and its subscriptions, and say what to do.')
    .addOption(
      new Option('--cover <time>', 'how long an outage the log should cover').argParser(duration).default(cover, '10m'),
    )
    .addOption(
      new Option('--lag <time>', 'how far behind a subscription may be').argParser(duration).default(lag, '30s'),
    )
    .option('--user <name>', 'look at the rights of this user (Redis 7 and later), not at those of the one connected')
    .addOption(new Option('--role <role>', 'look at the rights of this role only').choices(['publisher', 'subscriber']))
    .option('--strict', 'end with 1 on warnings, too')
    .addHelpText('after', endings)
    .addHelpText('after', examples('doctor', 'doctor --cover 1h --strict', 'doctor --user orders --role subscriber'))
    .action((flags: DoctorFlags) => run((session) => diagnose(session, flags)))
}

const endings = `
Ends with 1 where it finds an error (with --strict, or a warning), else with 0.
`

async function diagnose(session: CommandSession, { cover, lag, user, role, strict }: DoctorFlags): Promise<ExitCode> {
  const { output, connection } = session
  const { findings, server } = await withAdministration(session, async (administration) => {
    const facts = await gather(administration, session, user)
    const { keys, target, address } = administration
    const terms = { keys, target, server: address, coverMs: cover, lagMs: lag, user, role }
    return { findings: examine(facts, terms), server: address }
  })
  const counts = countFindings(findings)
  if (output.json) await output.printJson({ server, channel: connection.channel, counts, findings })
  else await output.print(formatFindings(findings, output))
  return counts.error > 0 || (strict && counts.warning > 0) ? exitCodes.failure : exitCodes.ok
}
