/**
 * Packs the package, installs it beside runtimes, compilers, bundlers, test runners and frameworks, and runs the quick
 * start there against a real Redis: `npm run matrix [-- NAME…]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import PQueue from 'p-queue'
import { runProgram } from '../../scripts/run-program.js'
import { UsageError } from '../../scripts/usage-error.js'
import { packPackage } from '../support/consumer-project.js'
import { startRedisServer } from '../support/redis-server.js'
import { type Cell, type Group, Unavailable } from './cell.js'
import { groups } from './groups.js'
import { Project } from './project.js'

interface Options {
  readonly json: boolean
  /** Groups with the cells that run. */
  readonly wanted: readonly Group[]
}

interface Result {
  readonly name: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly seconds: number
  /** Why it failed or was skipped. */
  readonly reason?: string
}

/** npm and the bundlers each use more than one core. */
const concurrency = 2

const cells = groups.flatMap((group) => group.cells)
const nameOf = ({ name }: Cell): string => name
const help = `Usage: npm run matrix [-- [--all] [--json] [NAME...]]

  NAME    runs this cell; without names, all that are quick
  --all   runs the slow ones, too, as CI does weekly
  --json  prints the results as JSON
  --help  prints this

Cells: ${cells
  .filter(({ quick }) => quick)
  .map(nameOf)
  .join(', ')}
Slow:  ${cells
  .filter(({ quick }) => !quick)
  .map(nameOf)
  .join(', ')}
`

await runProgram({ name: 'matrix', help, parse, run })

function parse(args: readonly string[]): Options | 'help' {
  const { values, positionals } = readArguments(args)
  if (values.help) return 'help'
  const unknown = positionals.find((name) => !cells.some((cell) => cell.name === name))
  if (unknown !== undefined) throw new UsageError(`Expected names of cells, got \`${unknown}\``)
  const isWanted = ({ name, quick }: Cell): boolean =>
    positionals.length > 0 ? positionals.includes(name) : values.all || quick
  const wanted = groups.map((group) => ({ ...group, cells: group.cells.filter(isWanted) }))
  return { json: values.json, wanted: wanted.filter((group) => group.cells.length > 0) }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function run({ json, wanted }: Options, { signal }: { readonly signal: AbortSignal }): Promise<number> {
  const report = (text: string): void => {
    if (!json) process.stdout.write(`${text}\n`)
  }
  const started = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-matrix-'))
  try {
    const tarball = await packPackage(folder)
    report(`${'packed'.padEnd(32)}${secondsSince(started).toFixed(1)} s`)
    const queue = new PQueue({ concurrency })
    const tasks = wanted.map((group) => () => runGroup({ group, tarball, signal, report }))
    const results = (await queue.addAll(tasks)).flat()
    signal.throwIfAborted()
    const failed = results.filter(({ verdict }) => verdict === 'failed')
    const skipped = results.filter(({ verdict }) => verdict === 'skipped')
    const seconds = secondsSince(started)
    if (json) process.stdout.write(`${JSON.stringify({ ok: failed.length === 0, seconds, cells: results }, null, 2)}\n`)
    report(`\n${results.map(({ name, verdict, seconds }) => rowOf(name, verdict, seconds)).join('\n')}`)
    for (const { name, reason = '' } of skipped) report(`\n${name} was skipped: ${reason}`)
    const passed = results.length - failed.length - skipped.length
    report(`\nIn ${seconds.toFixed(0)} s:\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped`)
    return failed.length === 0 ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface GroupRun {
  readonly group: Group
  readonly tarball: string
  readonly signal: AbortSignal
  readonly report: (text: string) => void
}

async function runGroup({ group, tarball, signal, report }: GroupRun): Promise<Result[]> {
  const started = performance.now()
  let project: Project
  try {
    project = await Project.create(group, tarball, signal)
  } catch (error) {
    const results = group.cells.map(({ name }) => resultOf(name, started, error))
    for (const result of results) reportResult(result, report)
    return results
  }
  try {
    report(`${`installed for ${group.name}`.padEnd(32)}${secondsSince(started).toFixed(1)} s`)
    const results: Result[] = []
    for (const cell of group.cells) {
      const result = await runCell(cell, project)
      reportResult(result, report)
      results.push(result)
    }
    return results
  } finally {
    await project.remove()
  }
}

async function runCell(cell: Cell, project: Project): Promise<Result> {
  const redis = await startRedisServer()
  const started = performance.now()
  try {
    await cell.run({ project, redis })
    return { name: cell.name, verdict: 'passed', seconds: secondsSince(started) }
  } catch (error) {
    return resultOf(cell.name, started, error)
  } finally {
    await redis.stop()
  }
}

function resultOf(name: string, started: number, error: unknown): Result {
  const verdict = error instanceof Unavailable ? 'skipped' : 'failed'
  const reason = error instanceof Error ? error.message : String(error)
  return { name, verdict, seconds: secondsSince(started), reason }
}

function reportResult({ name, verdict, seconds, reason }: Result, report: (text: string) => void): void {
  report(rowOf(name, verdict, seconds))
  if (reason !== undefined) report(`\n${reason}\n`)
}

function rowOf(name: string, verdict: string, seconds: number): string {
  return `${name.padEnd(24)}${verdict.padEnd(8)}${seconds.toFixed(1)} s`
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1_000
}
