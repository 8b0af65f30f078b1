import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What came of the suites on one server. */
export interface SuiteResult {
  readonly passed: number
  readonly failed: readonly string[]
  /** Tests of what the server lacks. */
  readonly skipped: readonly string[]
  /** Why there is no result; undefined if there is one. */
  readonly problem: string | undefined
  readonly seconds: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const progressMs = 30_000

/** The suites that need a server. Those of the programs around the library run on the usual one only. */
export const usualTests: readonly string[] = [
  'test/faults',
  'test/integration/acl',
  'test/integration/administration',
  'test/integration/cli',
  'test/integration/connection-names',
  'test/integration/crate-suite',
  'test/integration/delete-matching',
  'test/integration/eviction',
  'test/integration/glob-redis',
  'test/integration/log-conformance-ioredis',
  'test/integration/publisher-redis',
  'test/integration/redis-log',
  'test/integration/subscriber',
  'test/integration/tls',
]

export interface SuiteRun {
  readonly executable: string
  /** Which test files, as vitest takes them. */
  readonly tests: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (seconds: number) => void
}

/** Runs these tests on a server. */
export async function runSuites({ executable, tests, signal, onProgress }: SuiteRun): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-suites-'))
  const started = performance.now()
  const seconds = (): number => Math.round((performance.now() - started) / 1_000)
  const progress = setInterval(() => {
    onProgress(seconds())
  }, progressMs)
  try {
    const file = join(folder, 'results.json')
    const output = await runVitest(['--reporter=json', `--outputFile=${file}`, ...tests], executable, signal)
    const report = await readFile(file, 'utf8').catch(() => undefined)
    signal.throwIfAborted()
    return { ...readReport(report, output), seconds: seconds() }
  } finally {
    clearInterval(progress)
    await rm(folder, { recursive: true, force: true })
  }
}

interface Assertion {
  readonly status: string
  readonly fullName: string
}

interface FileReport {
  readonly name: string
  readonly status: string
  readonly message?: string
  readonly assertionResults: readonly Assertion[]
}

/** The report of vitest, as JSON. A file that failed before its tests ran counts as one that failed. */
export function readReport(report: string | undefined, output: string): Omit<SuiteResult, 'seconds'> {
  const nothing = { passed: 0, failed: [], skipped: [] }
  if (report === undefined) return { ...nothing, problem: output.trim().split('\n').at(-1) ?? 'nothing was printed' }
  const { testResults: files } = JSON.parse(report) as { readonly testResults: readonly FileReport[] }
  const named = (status: (text: string) => boolean): string[] =>
    files.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter((each) => status(each.status))
        .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
    )
  const broken = files
    .filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some(isFailed))
    .map(({ name, message = '' }) => `${relative(root, name)}: ${message.split('\n')[0] ?? ''}`)
  return {
    passed: named((status) => status === 'passed').length,
    failed: [...named((status) => status === 'failed'), ...broken],
    skipped: named((status) => status !== 'passed' && status !== 'failed'),
    problem: files.length === 0 ? 'no test file was found' : undefined,
  }
}

function isFailed({ status }: Assertion): boolean {
  return status === 'failed'
}

/** Resolves to what it printed. */
function runVitest(args: readonly string[], executable: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
      cwd: root,
      env: { ...process.env, REDIS_SERVER: executable, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-100_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const stop = (): void => {
      child.kill('SIGTERM')
    }
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', reject)
    child.once('close', () => {
      signal.removeEventListener('abort', stop)
      resolve(output)
    })
  })
}
