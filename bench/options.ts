import { parseArgs } from 'node:util'
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

/** What the command line asks for is no option, or has a value that it can't have. */
export class UsageError extends Error {}

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { only, repetitions, smoke, json, help } = parse(args)
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

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        repetitions: { type: 'string', default: '3' },
        smoke: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= min && number <= max) return number
  throw new UsageError(`Expected ${option} to be a whole number from ${min} to ${max}, got \`${text}\``)
}
