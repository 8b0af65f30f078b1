import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StalenessComparison } from '../../bench/staleness/comparison.js'
import { ours, type SetUp, setUps } from '../../bench/staleness/set-ups.js'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../../bench/staleness/main.ts', import.meta.url))
const timeoutMs = 120_000

/** `npm run staleness` installs what is left out here. */
function isInstalled({ library }: SetUp): boolean {
  return library === ours || existsSync(new URL(`../../bench/peers/${library}/node_modules`, import.meta.url))
}

function runStaleness(args: readonly string[]): Promise<EndedScript> {
  return new RunningScript(main, { args: [...args], imports: ['tsx'], timeoutMs }).ended()
}

const installed = setUps.filter(isInstalled)

/** Key during a load, key with a link cut, and the same with a tag. */
const verdicts: Readonly<Record<string, readonly string[]>> = {
  bentocache: ['stale in both', 'stale in one', 'stale in both', 'stale in one'],
  'bentocache-memory': ['stale in one', 'stale in one', 'stale in one', 'stale in one'],
  'layered-loader': ['stale in both', 'stale in one', 'stale in both', 'stale in one'],
  'layered-loader-memory': ['fresh', 'stale in one', 'fresh', 'stale in one'],
  cacheable: ['stale in both', 'stale in one', 'stale in both', 'stale in one'],
  'cacheable-memory': ['stale in both', 'stale in one', 'none', 'none'],
}

describe('npm run staleness', () => {
  let ended: EndedScript
  let comparison: StalenessComparison

  beforeAll(async () => {
    ended = await runStaleness(['--json', ...installed.flatMap(({ name }) => ['--only', name])])
    comparison = JSON.parse(ended.stdout) as StalenessComparison
  }, timeoutMs)

  test('ends with 0 and prints JSON', () => {
    expect(ended.code, ended.stderr).toBe(0)
    expect(comparison.outcomes.length).toBe(installed.length * comparison.scenarios.length)
  })

  test.each(installed)('the verdicts on $name are these', ({ name }) => {
    const own = comparison.outcomes.filter((outcome) => outcome.name === name)
    expect(own.map(({ verdict }) => verdict)).toEqual(verdicts[name])
  })
})

test.each([
  [['--only', 'memcached'], 'Expected --only to be one of bentocache, '],
  [['--record', '--only', 'bentocache'], 'Expected --record without --only'],
])('%j is refused with exit code 2', async (args, reason) => {
  const { code, stdout, stderr } = await runStaleness(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(reason)
})
