import { readOptions, wholeNumber } from '../scripts/read-options.js'
import { UsageError } from '../scripts/usage-error.js'
import type { Measurement, Size } from './measurement.js'
import { measurements } from './measurements.js'

export interface BenchOptions {
  readonly measurements: readonly Measurement[]
  readonly repetitions: number
  readonly size: Size
  readonly json: boolean
}

const names = measurements.map(({ name }) => name)
const maxRepetitions = 1_000

export const help = `Measures this library beside plain ioredis, in turns, on a redis-server started for it.

  npm run bench -- [options]

  --only NAME        only this measurement: ${names.join(', ')}; can be given more than once
  --repetitions N    how often each is measured, 1 to ${maxRepetitions.toLocaleString('en-US')} (default 3)
  --smoke            tiny amounts: shows that it runs; the figures mean nothing
  --json             print the result as one JSON object
  --help             print this

Progress goes to stderr. Exits with 0 when all was measured, with 1 when something failed, with 2 for bad options.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { only, repetitions, smoke, json, help } = readOptions(args, {
    only: { type: 'string', multiple: true, default: [] },
    repetitions: { type: 'string', default: '3' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (help) return 'help'
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`Expected --only to be one of ${names.join(', ')}, got \`${unknown}\``)
  return {
    measurements: measurements.filter(({ name }) => only.length === 0 || only.includes(name)),
    repetitions: wholeNumber('--repetitions', repetitions, 1, maxRepetitions),
    size: smoke ? 'smoke' : 'full',
    json,
  }
}
