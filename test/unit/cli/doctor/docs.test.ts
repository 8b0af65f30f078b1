import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { checks } from '../../../../src/cli/doctor/checks.js'
import { thresholds } from '../../../../src/cli/doctor/facts.js'
import { formatDuration } from '../../../../src/cli/format.js'

const page = await readFile(new URL('../../../../docs/command-line.md', import.meta.url), 'utf8')
const section = page.split(/^## /m).find((text) => text.startsWith('`doctor`')) ?? ''
const table = section.slice(section.indexOf('| check '))
const rows = new Map(Array.from(table.matchAll(/^\| `([\w-]+)`.*$/gm), ([row, name = '']) => [name, row]))

test('the page has every check, in the order of the code, and no others', () => {
  expect([...rows.keys()]).toEqual(checks.map(({ name }) => name))
})

const seconds = (ms: number): string => `${ms / 1_000} s`
const mebibytes = (bytes: number): string => `${bytes / 1024 ** 2} MiB`

test.each<[check: string, threshold: string]>([
  ['replication', seconds(thresholds.replicaLag)],
  ['clock', formatDuration(thresholds.clockSkew)],
  ['stream-clock', formatDuration(thresholds.clockSkew)],
  ['certificate', `${thresholds.certificateLeft / 86_400_000} days`],
  ['idle-clients', seconds(thresholds.idleTimeout)],
  ['memory', `${thresholds.memoryShare * 100} %`],
  ['log-share', `${thresholds.logShare * 100} %`],
  ['output-buffer', mebibytes(thresholds.outputBufferPage)],
  ['output-buffer', mebibytes(thresholds.outputBufferHard)],
  ['output-buffer', mebibytes(thresholds.outputBufferSoft)],
  ['cover', `${thresholds.cover / 60_000} min`],
  ['stuck', seconds(thresholds.lag)],
])('the row of %s names its threshold, %s', (check, threshold) => {
  expect(rows.get(check)).toContain(` ${threshold}`)
})
