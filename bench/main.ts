/** The bench: this library beside plain ioredis. `--help` lists its options. */
import { runProgram } from '../scripts/run-program.js'
import type { Stop } from '../scripts/stop-on-signal.js'
import { currentLoad, describeMachine } from './machine.js'
import { type BenchOptions, help, parseOptions } from './options.js'
import { reportText } from './report.js'
import { type Result, runMeasurement } from './run.js'

await runProgram({ name: 'bench', help, parse: parseOptions, run })

async function run({ measurements, repetitions, size, json }: BenchOptions, { signal }: Stop): Promise<number> {
  const date = new Date().toISOString()
  const startedAt = performance.now()
  const machine = await describeMachine()
  const loadBefore = currentLoad()
  say(`${machine.cores} cores, load average ${loadBefore}`)
  const results: Result[] = []
  try {
    for (const measurement of measurements) {
      results.push(...(await runMeasurement(measurement, { size, repetitions, signal, say })))
    }
  } catch (error) {
    // A signal to the whole terminal ends what is measured, too: that fails first.
    signal.throwIfAborted()
    throw error
  }
  const report = {
    ...{ date, seconds: Math.round((performance.now() - startedAt) / 1_000), size, repetitions, machine },
    ...{ load: { before: loadBefore, after: currentLoad() }, results },
  }
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `\n${reportText(report, measurements)}`)
  return 0
}

/** On stderr: stdout carries the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
