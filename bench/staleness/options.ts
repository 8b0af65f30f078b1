import { readOptions } from '../../scripts/read-options.js'
import { UsageError } from '../../scripts/usage-error.js'
import { ours, type SetUp, setUps } from './set-ups.js'

export interface StalenessOptions {
  readonly setUps: readonly SetUp[]
  readonly json: boolean
  readonly record: boolean
}

const names = setUps.map(({ name }) => name)

export const help = `Compares what the caches of several libraries serve after an invalidation that came during a load, or while a link
was cut: two processes each, on a redis-server started for it.

  npm run staleness -- [options]

  --only NAME  only this: ${names.join(', ')};
               can be given more than once
  --json       print the result as one JSON object
  --record     write the table into README.md; not with --only
  --help       print this

Installs the packages of the libraries when they are first compared. Exits with 0 if ${ours} is fresh throughout,
with 1 if it is not or something failed, with 2 for bad options. Progress goes to stderr.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): StalenessOptions | 'help' {
  const {
    only,
    json,
    record,
    help: isHelp,
  } = readOptions(args, {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (isHelp) return 'help'
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`Expected --only to be one of ${names.join(', ')}, got \`${unknown}\``)
  if (record && only.length > 0)
    throw new UsageError('Expected --record without --only: README.md has the table of all of them')
  return { setUps: setUps.filter(({ name }) => only.length === 0 || only.includes(name)), json, record }
}
