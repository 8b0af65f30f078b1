/**
 * Everything that is checked without running the code, one line a step; what a step printed is shown when it fails.
 * `--json` prints the results as JSON instead.
 */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCommandLine } from './command-line.js'

interface Step {
  readonly name: string
  readonly command: string
}

interface Result {
  readonly name: string
  readonly ok: boolean
  readonly seconds: number
  readonly output: string
}

/** Steps of one lane run one after another, each on what the one before left; the lanes run side by side. */
const lanes: readonly (readonly Step[])[] = [
  [{ name: 'lint', command: 'eslint . --max-warnings 0' }],
  [
    { name: 'format', command: 'prettier --check --log-level warn .' },
    { name: 'floors', command: 'depcruise src --config .dependency-cruiser.js' },
    { name: 'unused', command: 'knip' },
    { name: 'tested only', command: 'knip --production --no-tag-hints --config scripts/knip.production.json' },
    { name: 'types', command: 'tsc --project tsconfig.json' },
    { name: 'build', command: 'npm run --silent build' },
    { name: 'publint', command: 'publint run --strict --pack false' },
    { name: 'entry points', command: 'attw --pack . --format ascii --no-emoji' },
  ],
]

const root = fileURLToPath(new URL('..', import.meta.url))
const usage = `Usage: npm run check [-- --json]

  --json  prints the results as JSON
  --help  prints this`
const { json } = readCommandLine(usage, { names: false })
const colour = process.stdout.isTTY && !process.env.NO_COLOR

const results = (await Promise.all(lanes.map(runLane))).flat()
const failed = results.filter((result) => !result.ok)
process.exitCode = failed.length === 0 ? 0 : 1
if (json) print(JSON.stringify({ ok: failed.length === 0, steps: results }, null, 2))
else print(`\n${results.length - failed.length} steps passed, ${failed.length} failed`)

async function runLane(steps: readonly Step[]): Promise<Result[]> {
  const done: Result[] = []
  for (const step of steps) {
    const result = await runStep(step)
    done.push(result)
    if (!json) report(result)
  }
  return done
}

function runStep({ name, command }: Step): Promise<Result> {
  const started = performance.now()
  // The project's own tools and its own Node first, also where this is not run by npm.
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const child = spawn(command, { cwd: root, shell: true, env: { ...process.env, PATH: path } })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ name, ok: code === 0, seconds: Math.round(performance.now() - started) / 1_000, output })
    })
  })
}

function report({ name, ok, seconds, output }: Result): void {
  const verdict = ok ? paint(32, 'ok    ') : paint(31, 'failed')
  print(`${name.padEnd(14)}${verdict}  ${seconds.toFixed(1)} s`)
  if (!ok) print(`\n${output.trim()}\n`)
}

function paint(code: number, text: string): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
