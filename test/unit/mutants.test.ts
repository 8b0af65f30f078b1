import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { mutants } from '../mutants/mutants.js'

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'the mutant %s finds its place in the source, once',
  async (_, { file, from }) => {
    const source = await readFile(new URL(`../../src/${file}`, import.meta.url), 'utf8')
    expect(source.split(from)).toHaveLength(2)
  },
)

test('no two mutants have the same name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})
