import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOptions, wholeNumber } from '../scripts/read-options.js'
import { UsageError } from '../scripts/usage-error.js'
import type { Measurement, Size } from './measurement.js'
import { measurements } from './measurements.js'

export interface BenchOptions {
  readonly measurements: readonly Measurement[]
  readonly repetitions: number
  readonly size: Size
  /** Whether to measure beside what needs packages of its own, too. */
  readonly withPeers: boolean
  readonly json: boolean
  /** Results that are reported on in place of measuring. */
  readonly from: string | undefined
  /** Results to compare with. */
  readonly compare: string | undefined
  /** The folder in which the report is left, if any. */
  readonly out: string | undefined
}

/** Where the report is committed. */
export const reportFolder = fileURLToPath(new URL('report', import.meta.url))

const names = measurements.map(({ name }) => name)
const maxRepetitions = 1_000
/** Repetitions of a report that is committed. */
export const leastToCommit = 5

export const help = `Measures this library beside others, in turns, on redis-servers started for it.

  npm run bench -- [options]

  --only NAME        only this measurement: ${names.join(', ')}; can be given more than once
  --full             as long and as much as it takes, about an hour, instead of some minutes
  --smoke            tiny amounts: shows that it runs; the figures mean nothing
  --repetitions N    how often each is measured, 1 to ${maxRepetitions.toLocaleString('en-US')} (default 5; with --smoke 1)
  --without-peers    leave out what needs packages of its own: nothing is installed, so it works offline
  --json             print the results as one JSON object
  --compare FILE     tell what changed since the results in FILE
  --from FILE        measure nothing: report on the results in FILE
  --out DIR          leave results.json and index.html in DIR (default: bench/report when all of it was measured five
                     times or more, else nowhere)
  --help             print this

Progress goes to stderr. Exits with 0 when all was measured, with 1 when something failed, with 2 for bad options.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const given = readOptions(args, {
    only: { type: 'string', multiple: true, default: [] },
    full: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    repetitions: { type: 'string' },
    'without-peers': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    compare: { type: 'string' },
    from: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  })
  const { only, json, from, compare } = given
  if (given.help) return 'help'
  if (from !== undefined) refuseMeasuring(given)
  const size = sizeOf(given)
  const withPeers = !given['without-peers']
  const repetitions = wholeNumber('--repetitions', given.repetitions ?? defaultRepetitions[size], 1, maxRepetitions)
  const measuresAll = only.length === 0 && size !== 'smoke' && withPeers && repetitions >= leastToCommit
  const out = given.out ?? (measuresAll && from === undefined ? reportFolder : undefined)
  if (out !== undefined && !measuresAll) refuseReportFolder(out)
  return {
    measurements: measurementsNamed(only),
    repetitions,
    size,
    withPeers,
    json,
    from,
    compare,
    out,
  }
}

const defaultRepetitions: Readonly<Record<BenchOptions['size'], string>> = { full: '5', default: '5', smoke: '1' }

/** The options that say what to measure. */
interface MeasuringOptions {
  readonly only: readonly string[]
  readonly full: boolean
  readonly smoke: boolean
  readonly repetitions?: string
}

/** @throws UsageError for options that say what to measure, beside one that measures nothing */
function refuseMeasuring({ only, full, smoke, repetitions }: MeasuringOptions): void {
  if (only.length === 0 && !full && !smoke && repetitions === undefined) return
  throw new UsageError('Expected --from without options that say what to measure: it measures nothing')
}

/** @throws UsageError for the folder of the committed report, which is of everything */
function refuseReportFolder(out: string): void {
  if (resolve(out) === reportFolder) throw partialReport(out)
}

function measurementsNamed(only: readonly string[]): BenchOptions['measurements'] {
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`Expected --only to be one of ${names.join(', ')}, got \`${unknown}\``)
  return measurements.filter(({ name }) => only.length === 0 || only.includes(name))
}

function sizeOf({ full, smoke }: MeasuringOptions): BenchOptions['size'] {
  if (full && smoke) throw new UsageError('Expected one of --full and --smoke, got both')
  if (full) return 'full'
  return smoke ? 'smoke' : 'default'
}

/** The pages that quote the committed report would lose what was not measured. */
export function partialReport(folder: string): UsageError {
  return new UsageError(
    `Expected --out to be another folder than ${folder}: its report is of everything, ${leastToCommit} times at least`,
  )
}
