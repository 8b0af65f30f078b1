import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatResults, readResults } from '../../../bench/results-file.js'
import { UsageError } from '../../../scripts/usage-error.js'
import { madeUpResults } from './made-up-results.js'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'))
  file = join(folder, 'results.json')
})

afterEach(() => rm(folder, { recursive: true }))

test('results are read as they were written', async () => {
  const results = madeUpResults()
  await writeFile(file, formatResults(results))
  expect(await readResults(file)).toEqual(results)
  const none = madeUpResults({ runs: [] })
  await writeFile(file, formatResults(none))
  expect(await readResults(file)).toEqual(none)
})

test('each run stands in a line of its own', () => {
  const results = madeUpResults()
  const lines = formatResults(results).split('\n')
  const [first] = results.runs
  expect(lines).toContain(`    ${JSON.stringify(first)},`)
})

test.each([
  ['runs', { runs: [{ measurement: 'throughput' }] }],
  ['runs', { runs: undefined }],
  ['machine', { machine: 'mine' }],
  ['date', { date: 'yesterday' }],
  ['measurements', { measurements: [{ name: 'latency', title: 'Latency', figures: [{ name: 'p50_ms' }] }] }],
  ['bars', { bars: { latency_p50_200: 1.25 } }],
])('a file whose %s are none is refused by its name', async (field, changes) => {
  await writeFile(file, JSON.stringify({ ...madeUpResults(), ...changes }))
  const reading = readResults(file)
  await expect(reading).rejects.toThrow(UsageError)
  await expect(reading).rejects.toThrow(`Expected ${file} to be a results.json of this bench: its \`${field}\` is none`)
})

test.each([
  ['no JSON', '<html>'],
  ['an empty one', ''],
])('%s is refused by its name', async (_what, text) => {
  await writeFile(file, text)
  await expect(readResults(file)).rejects.toThrow(`Can't read ${file}, expected a results.json of this bench`)
})

test('JSON that is no object is refused, and so is a file that is not there', async () => {
  await writeFile(file, '[]')
  await expect(readResults(file)).rejects.toThrow(UsageError)
  await expect(readResults(join(folder, 'none.json'))).rejects.toThrow(/none\.json.*ENOENT/)
})
