import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOptions, wholeNumber } from '../../scripts/read-options.js'
import { UsageError } from '../../scripts/usage-error.js'

/** Where the digests go: to stdout, into a file, or beside those of a file. */
type Destination =
  | { readonly kind: 'print' }
  | { readonly kind: 'write'; readonly file: string }
  | { readonly kind: 'compare'; readonly file: string }
  | { readonly kind: 'transcript'; readonly seed: number }

export interface DigestOptions {
  /** The first seed, and how many follow one another. */
  readonly first: number
  readonly count: number
  readonly destination: Destination
  /** A `src` folder to run instead of our own. */
  readonly sources: string | undefined
  readonly json: boolean
}

/** The digests that test/schedules compares with. */
export const recordedFile = fileURLToPath(new URL('../schedules/digests.txt', import.meta.url))
const recordedCount = 200

const maxSeed = 2 ** 31 - 1

export const help = `Runs the schedule of test/schedules that belongs to each seed, in virtual time, and prints a digest of all that its
users see: states, events, handled messages and settled publishes, each with its time.

  npm run digests -- [options]

  --seeds N        how many seeds, from --first on, 1 to ${maxSeed} (default ${recordedCount})
  --first N        the first seed, 0 to ${maxSeed} (default 0)
  --seed N         this seed alone
  --out FILE       write a line for each seed (\`seed digest\`) to FILE instead of stdout
  --against FILE   list the seeds whose digest is another one in FILE
  --record         write the ${recordedCount} that \`npm test\` compares with to test/schedules
  --print          with --seed: print all that its users see, to be compared by diff
  --sources PATH   run the sources of another checkout: PATH is its src folder
  --json           print the result as one JSON object
  --help           print this

Exits with 0, with 1 when --against finds a difference, with 2 for bad options.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): DigestOptions | 'help' {
  const given = readOptions(args, {
    seeds: { type: 'string' },
    first: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string' },
    against: { type: 'string' },
    record: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
    sources: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (given.help) return 'help'
  const { seed, seeds = String(recordedCount), first = '0', sources, json } = given
  const ranged = given.seeds !== undefined || given.first !== undefined
  if (ranged && (seed !== undefined || given.record)) {
    throw new UsageError('Expected --seeds and --first without --seed and --record')
  }
  const begin = seed === undefined ? wholeNumber('--first', first, 0, maxSeed) : wholeNumber('--seed', seed, 0, maxSeed)
  return {
    first: begin,
    count: seed === undefined ? wholeNumber('--seeds', seeds, 1, maxSeed) : 1,
    destination: destinationOf(given, begin),
    sources: sources === undefined ? undefined : sourceFolder(sources),
    json,
  }
}

interface GivenDestination {
  readonly seed?: string | undefined
  readonly out?: string | undefined
  readonly against?: string | undefined
  readonly record: boolean
  readonly print: boolean
}

function destinationOf({ seed, out, against, record, print }: GivenDestination, first: number): Destination {
  const asked = [out !== undefined, against !== undefined, record, print].filter(Boolean)
  if (asked.length > 1) throw new UsageError('Expected one of --out, --against, --record and --print')
  if (print && seed === undefined) throw new UsageError('Expected --print with --seed: it prints one schedule')
  if (record && seed !== undefined)
    throw new UsageError(`Expected --record without --seed: it writes ${recordedCount} seeds`)
  if (print) return { kind: 'transcript', seed: first }
  if (against !== undefined) return { kind: 'compare', file: resolve(against) }
  if (record) return { kind: 'write', file: recordedFile }
  return out === undefined ? { kind: 'print' } : { kind: 'write', file: resolve(out) }
}

function sourceFolder(path: string): string {
  const folder = resolve(path)
  if (existsSync(join(folder, 'index.ts'))) return folder
  throw new UsageError(`Expected --sources to be the src folder of a checkout, but ${folder} has no index.ts`)
}
