/** The soak: services and Redis fail at random, and a checker keeps score. `--help` lists its options. */
import { constants } from 'node:os'
import { createPaint } from '../../examples/demo/screen/paint.js'
import { UsageError } from '../../scripts/usage-error.js'
import { mutateSources } from './mutant.js'
import { help, parseOptions, type SoakOptions } from './options.js'
import { outcomeOf, type Outcome } from './outcome.js'
import { showProgress } from './progress.js'
import { markdownRow, reportText } from './report.js'
import { RunLog } from './run-log.js'
import { describeFinding } from './score.js'
import { Soak } from './soak.js'

/** Of what went wrong; the log has all of it. */
const findingsShown = 3
const detailsShown = 8

/** One press of Ctrl-C comes several times: from the terminal, and from those in between that pass it on. */
const onePressMs = 1_000

process.exit(await main(process.argv.slice(2)))

/** Resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options !== 'help') return await run(options)
    process.stdout.write(help)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (!(error instanceof UsageError)) return 1
    process.stderr.write('`npm run soak -- --help` lists the options.\n')
    return 2
  }
}

async function run(options: SoakOptions): Promise<number> {
  const { signal, stoppedBy } = stopOnSignal()
  const output = options.format === 'text' ? process.stdout : process.stderr
  // A look at the soak itself: with a mechanism of the library taken away (test/mutants), it must find something.
  const restoreSources = await mutateSources(process.env.MUTANT)
  const log = await RunLog.open()
  let failed = true
  try {
    const soak = await Soak.open(options, log)
    output.write(`${soak.stage.description}; seed ${options.seed}, ${options.seconds} s; logs in ${log.folder}\n`)
    const endProgress = showProgress(soak, options, output, createPaint(output))
    const failure = await failureOf(soak.run(signal))
    endProgress()
    await soak.close()
    const outcome = await outcomeOf(soak, options)
    failed = failure !== undefined || outcome.lost + outcome.stale > 0
    process.stdout.write(inFormat(outcome, options.format))
    const { findings } = soak.score
    for (const finding of findings) log.stream('findings').write(`${describeFinding(finding)}\n\n`)
    for (const finding of findings.slice(0, findingsShown))
      output.write(`${describeFinding(finding, detailsShown)}\n\n`)
    if (failure) output.write(`Failed: ${failure.message}\n`)
    if (failed) output.write(`Logs of all that happened are in ${log.folder}\n`)
  } finally {
    await log.close(failed)
    await restoreSources()
  }
  const by = stoppedBy()
  return failed ? 1 : by === undefined ? 0 : 128 + constants.signals[by]
}

function inFormat(outcome: Outcome, format: SoakOptions['format']): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(outcome, null, 2)}\n`
    case 'markdown':
      return markdownRow(outcome)
    case 'text':
      return reportText(outcome, createPaint(process.stdout))
  }
}

/** What went wrong, if anything did: what was found until then is still told. */
async function failureOf(running: Promise<void>): Promise<Error | undefined> {
  try {
    await running
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The first signal that asks us to end ends the run in order; one that comes later ends it at once. */
function stopOnSignal(): { readonly signal: AbortSignal; readonly stoppedBy: () => NodeJS.Signals | undefined } {
  const controller = new AbortController()
  let first: { readonly name: NodeJS.Signals; readonly at: number } | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (first && performance.now() - first.at > onePressMs) process.exit(128 + constants.signals[name])
      first ??= { name, at: performance.now() }
      controller.abort()
    })
  }
  return { signal: controller.signal, stoppedBy: () => first?.name }
}
