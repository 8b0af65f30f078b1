import { hasCode } from '../src/support/thrown.js'
import { type Stop, stopOnSignal, Stopped } from './stop-on-signal.js'
import { UsageError } from './usage-error.js'

export interface Program<Options> {
  /** Of the npm script. */
  readonly name: string
  /** What `--help` prints. */
  readonly help: string
  /** @throws UsageError that says what was expected */
  readonly parse: (args: readonly string[]) => Options | 'help'
  /** Resolves to the exit code. */
  readonly run: (options: Options, stop: Stop) => Promise<number>
}

/**
 * Runs a program for the command line, and exits. What it rejects with is said on stderr: the exit code is 2 for a
 * {@link UsageError}, that of the signal for a {@link Stopped}, and 1 for all else, what could not be printed included.
 */
export async function runProgram<Options>(program: Program<Options>): Promise<never> {
  let unwritten: Error | undefined
  process.stdout.on('error', (error) => {
    unwritten ??= error
  })
  const exitCode = await exitCodeOf(program)
  // A pipe takes what was written part by part: the rest would be lost with the process.
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve())
  })
  // With EPIPE who read it has gone, as `head` does: no failure of ours.
  if (unwritten === undefined || hasCode(unwritten, 'EPIPE')) process.exit(exitCode)
  process.stderr.write(`Not all could be printed: ${unwritten.message}\n`)
  process.exit(exitCode === 0 ? 1 : exitCode)
}

async function exitCodeOf<Options>({ name, help, parse, run }: Program<Options>): Promise<number> {
  try {
    const options = parse(process.argv.slice(2))
    if (options !== 'help') return await run(options, stopOnSignal())
    process.stdout.write(help)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof Stopped) return error.exitCode
    if (!(error instanceof UsageError)) return 1
    process.stderr.write(`\`npm run ${name} -- --help\` lists the options.\n`)
    return 2
  }
}
