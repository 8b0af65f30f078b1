/** The bench: this library beside plain ioredis. `--help` lists its options. */
import { constants } from 'node:os'
import { currentLoad, describeMachine } from './machine.js'
import { UsageError } from '../scripts/usage-error.js'
import { type BenchOptions, help, parseOptions } from './options.js'
import { reportText } from './report.js'
import { type Result, runMeasurement } from './run.js'

/** A signal asked us to end. */
class Stopped extends Error {
  constructor(readonly by: NodeJS.Signals) {
    super(`Stopped by ${by}; nothing is left behind.`)
  }
}

process.exit(await main(process.argv.slice(2)))

/** Resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(new Stopped(name)))
  try {
    const options = parseOptions(args)
    process.stdout.write(options === 'help' ? help : await run(options, stop.signal))
    return 0
  } catch (thrown) {
    // A signal to the whole terminal ends what is measured, too: that fails first.
    const error: unknown = stop.signal.aborted ? stop.signal.reason : thrown
    say(error instanceof Error ? error.message : String(error))
    if (error instanceof Stopped) return 128 + constants.signals[error.by]
    if (!(error instanceof UsageError)) return 1
    say('`npm run bench -- --help` lists the options.')
    return 2
  }
}

/** Resolves to what is to be printed. */
async function run({ measurements, repetitions, size, json }: BenchOptions, signal: AbortSignal): Promise<string> {
  const date = new Date().toISOString()
  const startedAt = performance.now()
  const machine = await describeMachine()
  const loadBefore = currentLoad()
  say(`${machine.cores} cores, load average ${loadBefore}`)
  const results: Result[] = []
  for (const measurement of measurements) {
    results.push(...(await runMeasurement(measurement, { size, repetitions, signal, say })))
  }
  const report = {
    ...{ date, seconds: Math.round((performance.now() - startedAt) / 1_000), size, repetitions, machine },
    ...{ load: { before: loadBefore, after: currentLoad() }, results },
  }
  return json ? `${JSON.stringify(report, null, 2)}\n` : `\n${reportText(report, measurements)}`
}

/** On stderr: stdout carries the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
