import { expect, test } from 'vitest'
import { formatDuration, printable, printableJson, timeOfStreamId } from '../../../src/cli/format.js'
import { formatTable } from '../../../src/cli/table.js'

test.each([
  [0.4213, '0.42 ms'],
  [12.4, '12 ms'],
  [999, '999 ms'],
  [1_500, '1.5 s'],
  [90_000, '1.5 min'],
  [5_400_000, '1.5 h'],
  [129_600_000, '1.5 d'],
  [-3, '-3.00 ms'],
])('%s ms read %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('text of others moves no cursor and changes no colour', () => {
  expect(printable('user:\u001b[2Jé\u009b1m\u202e\n')).toBe('user:\\u{1b}[2Jé\\u{9b}1m\\u{202e}\\u{a}')
})

test('JSON of it neither, and reads back as it was', () => {
  const value = { text: 'é\u001b\u007f\u009b\u202e\u{e0041}\n', '\u200b': 1 }
  const json = printableJson(value)
  expect(json).toBe('{"text":"é\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41\\n","\\u200b":1}')
  expect(JSON.parse(json)).toEqual(value)
})

test('a stream ID tells when, and one that is no date stays as it is', () => {
  expect(timeOfStreamId('1795341600000-3')).toBe('2026-11-22T10:00:00.000Z')
  expect(timeOfStreamId('18446744073709551615-0')).toBe('18446744073709551615-0')
})

test('a table has aligned columns, no trailing blanks, and nothing a terminal would act on', () => {
  const table = formatTable(
    [{ title: 'name' }, { title: 'count', align: 'right' }, { title: 'note' }],
    [
      ['a', '1', '\u001b[31mred'],
      ['longer', '1,000', ''],
    ],
    { style: (_style, text) => text },
  )
  expect(table.split('\n')).toEqual(['name    count  note', 'a           1  \\u{1b}[31mred', 'longer  1,000'])
})
