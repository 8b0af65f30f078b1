import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { measurements } from '../../bench/measurements.js'
import { help, reportFolder } from '../../bench/options.js'
import { reportPage } from '../../bench/rendering/page/page.js'
import { quoteInto } from '../../bench/rendering/quote.js'
import { readResults } from '../../bench/results-file.js'
import { quotingPages } from '../../bench/write-report.js'
import { rowsUnder } from '../support/markdown.js'

const report = await readResults(`${reportFolder}/results.json`)
const root = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/bench.md', root), 'utf8')

test.each(quotingPages)('%s quotes the ratios and the date of the report that is committed', async (name) => {
  const quoting = await readFile(new URL(name, root), 'utf8')
  expect(quoting).toBe(quoteInto(quoting, report))
  expect(quoting).toContain(`Measured on ${report.date.slice(0, 10)}`)
})

test('the page of the report tells the results beside it', async () => {
  const told = await readFile(fileURLToPath(new URL('bench/report/index.html', root)), 'utf8')
  const hint = '`npm run bench -- --from bench/report/results.json --out bench/report` draws it anew'
  expect(told === reportPage(report), hint).toBe(true)
})

test('the report is no show of tiny amounts', () => {
  expect(report.size).not.toBe('smoke')
})

test('every measurement is there, in the order in which they run, and no other', () => {
  const documented = rowsUnder(page, 'What is measured').map(([name = '']) => name)
  expect(documented).toEqual(measurements.map(({ name }) => `\`${name}\``))
})

test('every option is there, as --help lists it, and no other', () => {
  const documented = rowsUnder(page, 'Options').map(([option = '']) => option)
  const listed = Array.from(help.matchAll(/^ {2}(--[a-z-]+(?: [A-Z]+)?) /gm), ([, option = '']) => `\`${option}\``)
  expect(documented.toSorted()).toEqual(listed.toSorted())
})
