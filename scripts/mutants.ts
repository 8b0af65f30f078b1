/**
 * Takes away one mechanism of the protocol, in a run of its own each, and runs the tests that must notice: `npm run mutants [-- NAME…]`.
 * Exits with 1 where one is not caught, and with 2 for arguments that are none. `--json` prints the results as JSON.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import PQueue from 'p-queue'
import type { Mutant } from '../test/mutants/mutant.js'
import { mutants, usuallyCaughtBy } from '../test/mutants/mutants.js'
import { exitWithUsage, readCommandLine } from './command-line.js'

interface Outcome {
  readonly name: string
  readonly caught: boolean
  /** How many schedules it took; undefined where a directed test caught it. */
  readonly schedules: number | undefined
  readonly by: string
}

const timeoutMs = 120_000
const root = fileURLToPath(new URL('..', import.meta.url))
const usage = `Usage: npm run mutants [-- [--json] [NAME...]]

  NAME    runs this mutant; without names, all of them run
  --json  prints the results as JSON
  --help  prints this

Mutants: ${mutants.map(({ name }) => name).join(', ')}`

const { json, names } = readCommandLine(usage, { names: true })
const unknown = names.find((name) => !mutants.some((mutant) => mutant.name === name))
if (unknown !== undefined) exitWithUsage(`There is no mutant ${unknown}`, usage)

const wanted = mutants.filter(({ name }) => names.length === 0 || names.includes(name))
const queue = new PQueue({ concurrency: availableParallelism() })
const outcomes = await queue.addAll(
  wanted.map((mutant) => async () => {
    const outcome = await judge(mutant)
    if (!json) console.log(line(mutant, outcome))
    return outcome
  }),
)
const survivors = outcomes.filter(({ caught }) => !caught)
process.exitCode = survivors.length === 0 ? 0 : 1
if (json) console.log(JSON.stringify({ ok: survivors.length === 0, mutants: outcomes }, null, 2))
else console.log(`\n${outcomes.length - survivors.length} mutants caught, ${survivors.length} not`)

function line(mutant: Mutant, { caught, schedules, by }: Outcome): string {
  const how = schedules === undefined ? by : `${by}, schedule ${schedules}`
  return `${mutant.name.padEnd(26)}${caught ? `caught by ${how}` : `NOT CAUGHT by ${by}`}  (lacks ${mutant.lacks})`
}

async function judge(mutant: Mutant): Promise<Outcome> {
  const by = mutant.caughtBy ?? usuallyCaughtBy
  const { passed, output } = await runToTheEnd(mutant.name, by)
  const failedAfter = /failed after (\d+) tests/.exec(output)?.[1]
  const noticed = !passed && (failedAfter !== undefined || /Tests .*failed/.test(output) || output === '')
  // A run that broke for another reason says nothing about the mutant.
  if (!passed && !noticed) throw new Error(`The tests of ${mutant.name} did not run:\n${output}`)
  return {
    name: mutant.name,
    caught: noticed,
    schedules: failedAfter === undefined ? undefined : Number(failedAfter),
    by,
  }
}

/** A run that ends with its first failure may end before that is told: then it is run once more. */
async function runToTheEnd(mutant: string, filter: string): ReturnType<typeof run> {
  const first = await run(mutant, filter)
  return first.passed || first.output === '' || first.output.includes('failed') ? first : run(mutant, filter)
}

/** Output is empty where the tests hung, which a mutant can make them do: it is noticed then as well. */
function run(mutant: string, filter: string): Promise<{ readonly passed: boolean; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('vitest', ['run', '--no-color', '--bail', '1', filter], {
      cwd: root,
      env: {
        ...process.env,
        MUTANT: mutant,
        NO_COLOR: '1',
        PATH: `${root}node_modules/.bin:${process.env.PATH ?? ''}`,
      },
    })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output += chunk.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => {
      output = ''
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      // eslint-disable-next-line no-control-regex -- colours, should a reporter insist on them
      resolve({ passed: code === 0, output: output.replaceAll(/\u001b\[\d+m/g, '') })
    })
  })
}
