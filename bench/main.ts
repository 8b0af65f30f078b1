/** The bench: this library beside others. `--help` lists its options. */
import { styleText } from 'node:util'
import { runProgram } from '../scripts/run-program.js'
import type { Stop } from '../scripts/stop-on-signal.js'
import { compareResults } from './comparison.js'
import { measure } from './measure.js'
import { type BenchOptions, help, parseOptions } from './options.js'
import { comparisonText } from './rendering/comparison-text.js'
import { resultsText } from './rendering/results-text.js'
import { prepareReportFolder } from './report-folder.js'
import { formatResults, readResults } from './results-file.js'
import type { Results } from './results.js'
import { writeReport } from './write-report.js'

await runProgram({ name: 'bench', help, parse: parseOptions, run })

async function run(options: BenchOptions, { signal }: Stop): Promise<number> {
  // First: a file or a folder that is no use is told before minutes are spent.
  if (options.out !== undefined) await prepareReportFolder(options.out)
  const old = options.compare === undefined ? undefined : await readResults(options.compare)
  const results = options.from === undefined ? await measured(options, signal) : await readResults(options.from)
  const comparison = old && comparisonText(compareResults(old, results), paint)
  if (options.json) {
    process.stdout.write(formatResults(results))
    if (comparison !== undefined) say(comparison)
  } else {
    process.stdout.write([resultsText(results, paint), comparison].filter((text) => text !== undefined).join('\n'))
  }
  if (options.out !== undefined) say(`Report: ${await writeReport(results, options.out)}`)
  return 0
}

async function measured(options: BenchOptions, signal: AbortSignal): Promise<Results> {
  try {
    return await measure(options, signal, process.stderr)
  } catch (error) {
    // A signal to the whole terminal ends what is measured, too: that fails first.
    signal.throwIfAborted()
    throw error
  }
}

/** Where stdout is a terminal and NO_COLOR is not set. */
function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** On stderr: stdout carries the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
