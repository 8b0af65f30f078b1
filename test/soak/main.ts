/** The soak: services and Redis fail at random, and a checker keeps score. `--help` lists its options. */
import { createPaint } from '../../examples/demo/screen/paint.js'
import { failureOf } from '../../scripts/failure-of.js'
import { runProgram } from '../../scripts/run-program.js'
import type { Stop } from '../../scripts/stop-on-signal.js'
import { mutateSources } from './mutant.js'
import { help, parseOptions, type SoakOptions } from './options.js'
import { type Outcome, outcomeOf } from './outcome.js'
import { showProgress } from './progress.js'
import { markdownRow, reportText } from './report.js'
import { RunLog } from './run-log.js'
import { describeFinding } from './score.js'
import { Soak } from './soak.js'

/** Of what went wrong; the log has all of it. */
const findingsShown = 3
const detailsShown = 8

await runProgram({ name: 'soak', help, parse: parseOptions, run })

async function run(options: SoakOptions, { signal }: Stop): Promise<number> {
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
  if (failed) return 1
  signal.throwIfAborted()
  return 0
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
