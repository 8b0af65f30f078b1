import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { replacePlace } from '../../bench/rendering/markdown.js'
import type { StalenessComparison } from '../../bench/staleness/comparison.js'
import { ours, type SetUp, setUps } from '../../bench/staleness/set-ups.js'
import { stalenessTable } from '../../bench/staleness/table.js'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../../bench/staleness/main.ts', import.meta.url))
const timeoutMs = 120_000

/** `npm run staleness` installs what is left out here. */
function isInstalled({ cache }: SetUp): boolean {
  return cache === ours || existsSync(new URL(`../../bench/peers/${cache}/node_modules`, import.meta.url))
}

function runStaleness(args: readonly string[]): Promise<EndedScript> {
  return new RunningScript(main, { args: [...args], imports: ['tsx'], timeoutMs }).ended()
}

const installed = setUps.filter(isInstalled)

/** Key during a load, key with a link cut, and the same with a tag. */
const verdicts: Readonly<Record<string, readonly string[]>> = {
  'cache-invalidation': ['fresh', 'fresh', 'fresh', 'fresh'],
  bentocache: ['stale in both', 'stale in one', 'stale in both', 'stale in one'],
  'bentocache-memory': ['stale in one', 'stale in one', 'none', 'none'],
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

  test('ends with 0 and prints JSON: ours is fresh throughout', () => {
    expect(ended.code, ended.stderr).toBe(0)
    expect(comparison.outcomes.length).toBe(installed.length * comparison.scenarios.length)
  })

  test.each(installed)('the verdicts on $name are those that README.md quotes', ({ name }) => {
    const own = comparison.outcomes.filter((outcome) => outcome.name === name)
    expect(own.map(({ verdict }) => verdict)).toEqual(verdicts[name])
  })

  test.skipIf(installed.length < setUps.length)('README.md has the table that it prints', async () => {
    const page = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    expect(page).toBe(replacePlace(page, 'staleness', stalenessTable(comparison)))
  })
})

test.each([
  [['--only', 'memcached'], 'Expected --only to be one of cache-invalidation, '],
  [['--record', '--only', 'bentocache'], 'Expected --record without --only'],
])('%j is refused with exit code 2', async (args, reason) => {
  const { code, stdout, stderr } = await runStaleness(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(reason)
})
