/** Compares what caches serve after an invalidation that came at a bad moment. `--help` lists the options. */
import { readFile, writeFile } from 'node:fs/promises'
import { readOptions } from '../../scripts/read-options.js'
import { runProgram } from '../../scripts/run-program.js'
import type { Stop } from '../../scripts/stop-on-signal.js'
import { UsageError } from '../../scripts/usage-error.js'
import { replacePlace } from '../rendering/markdown.js'
import { compareStaleness, type StalenessComparison } from './comparison.js'
import { ours, type SetUp, setUps } from './set-ups.js'
import { stalenessTable } from './table.js'

interface StalenessOptions {
  readonly setUps: readonly SetUp[]
  readonly json: boolean
  readonly record: boolean
}

const names = setUps.map(({ name }) => name)

const help = `Compares what the caches of several libraries serve after an invalidation that came during a load, or while a link
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

await runProgram({ name: 'staleness', help, parse, run })

function parse(args: readonly string[]): StalenessOptions | 'help' {
  const { only, json, record, help } = readOptions(args, {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (help) return 'help'
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`Expected --only to be one of ${names.join(', ')}, got \`${unknown}\``)
  if (record && only.length > 0)
    throw new UsageError('Expected --record without --only: README.md has the table of all of them')
  return { setUps: setUps.filter(({ name }) => only.length === 0 || only.includes(name)), json, record }
}

async function run({ setUps: chosen, json, record }: StalenessOptions, { signal }: Stop): Promise<number> {
  const comparison = await compareStaleness(chosen, { signal, say: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(json ? `${JSON.stringify(comparison, null, 2)}\n` : `${stalenessTable(comparison)}\n`)
  if (record) await quote(comparison)
  return comparison.outcomes.every(({ library, verdict }) => library !== ours || verdict === 'fresh') ? 0 : 1
}

async function quote(comparison: StalenessComparison): Promise<void> {
  const file = new URL('../../README.md', import.meta.url)
  await writeFile(file, replacePlace(await readFile(file, 'utf8'), 'staleness', stalenessTable(comparison)))
}
