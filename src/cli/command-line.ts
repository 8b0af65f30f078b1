import { Command, CommanderError, type Option } from 'commander'
import { describeThrown } from '../support/thrown.js'
import { version } from '../support/version.js'
import {
  addGlobalOptions,
  type GlobalFlags,
  openCommandSession,
  type RegisterCommand,
  type RunTask,
  type Surroundings,
} from './command-session.js'
import { registerDead } from './dead.js'
import { registerDoctor } from './doctor.js'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.js'
import { Output } from './output.js'
import { registerBatch, registerPattern, registerPublish, registerTag } from './publish.js'
import { registerReplay } from './replay.js'
import { registerStatus } from './status.js'
import { registerTail } from './tail.js'

/** In the order in which `--help` lists them. */
const commands: readonly RegisterCommand[] = [
  registerStatus,
  registerTail,
  registerReplay,
  registerDead,
  registerPublish,
  registerPattern,
  registerBatch,
  registerTag,
  registerDoctor,
]

const epilogue = `
Environment:
  REDIS_URL            the server, where --redis is not given
  NODE_EXTRA_CA_CERTS  a file of CAs that are trusted as well, in PEM
  NO_COLOR             no colours, where it is set

Exit codes:
  0    all went well
  1    the command met a failure, or found one
  2    an option or argument is wrong
  3    Redis can't be reached, or refuses
  130  interrupted, as by Ctrl-C

Examples:
  $ cache-invalidation status --watch
  $ cache-invalidation tail --since 10m --type user
  $ cache-invalidation publish user 123
  $ REDIS_URL=rediss://user:password@host:6379 cache-invalidation doctor --tls-ca ca.pem
  $ cache-invalidation status --redis redis+sentinel://host:26379,host:26379/mymaster
  $ cache-invalidation <command> --help
`

/** The program with all its commands; `run` is called with the task of the command that was asked for. */
export function createProgram({ stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>, run: RunTask): Command {
  const program = new Command('cache-invalidation')
  program
    .description('Looks after cache invalidations in Redis: what was published, by whom, and how late it came.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) => (command === program ? [] : globalOptions(program)),
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    })
    .showHelpAfterError('(add --help for what is expected)')
    .exitOverride()
    .addHelpText('after', epilogue)
  addGlobalOptions(program)
  for (const register of commands) register(program, run)
  return program
}

/** Those that a command has beside its own. */
function globalOptions(program: Command): Option[] {
  return program.options.filter(({ long }) => long !== '--version')
}

/** Runs a command line, given without the names of Node and the script. Never rejects. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const program = createProgram(surroundings, async (task) => {
    const flags = program.opts<GlobalFlags>()
    const output = new Output(surroundings, { json: flags.json === true, color: flags.color })
    try {
      exitCode = await task(openCommandSession(flags, output, surroundings))
    } catch (error) {
      // What an interruption broke off fails in many ways, none of them worth telling.
      exitCode = exitCodeOf(error)
      if (surroundings.signal.aborted) return
      const failure = describeThrown(error)
      output.fail(failure)
      if (exitCode === exitCodes.redis) output.note('(--redis or REDIS_URL says which server is meant)')
      if (failure.includes('`tls.')) output.note('(`tls.ca`, `tls.cert`, `tls.key`: --tls-ca, --tls-cert, --tls-key)')
    } finally {
      output.clearProgress()
    }
  })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  return surroundings.signal.aborted ? exitCodes.interrupted : exitCode
}
