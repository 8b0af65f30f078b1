import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { help } from '../../bench/staleness/options.js'
import { scenarios } from '../../bench/staleness/scenarios.js'
import { ours, setUps } from '../../bench/staleness/set-ups.js'
import packageJson from '../../package.json' with { type: 'json' }
import { rowsUnder } from '../support/markdown.js'

const root = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/staleness.md', root), 'utf8')

/** As the lock of the library's folder has it. */
async function versionOf(library: string): Promise<string> {
  if (library === ours) return packageJson.version
  const text = await readFile(new URL(`bench/peers/${library}/package.json`, root), 'utf8')
  const { dependencies } = JSON.parse(text) as { readonly dependencies: Readonly<Record<string, string>> }
  return dependencies[library] ?? ''
}

test('README.md has a row for each set-up with the version that is installed, and all verdicts on ours are fresh', async () => {
  const readme = await readFile(new URL('README.md', root), 'utf8')
  const [, table = ''] = /<!-- staleness:begin -->\n([^]*?)<!-- staleness:end -->/.exec(readme) ?? []
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const [head = [], ...quoted] = rows.filter(([first = '']) => !first.startsWith('---'))
  expect(head.slice(2)).toEqual(scenarios.map(({ title }) => title))
  const expected = setUps.map(async ({ cache, shared }) => [
    `${cache} ${await versionOf(cache)}`,
    shared ? 'memory and Redis' : 'memory',
  ])
  expect(quoted.map((row) => row.slice(0, 2))).toEqual(await Promise.all(expected))
  expect(quoted[0]?.slice(2)).toEqual(scenarios.map(() => 'fresh'))
})

test('every set-up is described, in the order of the table, and no other', () => {
  const documented = rowsUnder(page, 'The set-ups').map(([name = '']) => name)
  expect(documented).toEqual(setUps.map(({ name }) => `\`${name}\``))
})

test('every option is described, as --help lists it, and no other', () => {
  const documented = rowsUnder(page, 'Options').map(([option = '']) => option)
  const listed = Array.from(help.matchAll(/^ {2}(--[a-z-]+(?: [A-Z]+)?) /gm), ([, option = '']) => `\`${option}\``)
  expect(documented).toEqual(listed)
})
