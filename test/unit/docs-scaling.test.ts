import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { reportFolder } from '../../bench/options.js'
import { quoteScaling } from '../../bench/rendering/scaling-text.js'
import { readResults } from '../../bench/results-file.js'
import { scalingPage } from '../../bench/write-report.js'

const page = await readFile(new URL(`../../${scalingPage}`, import.meta.url), 'utf8')

test('the page on scaling is reckoned from the report that is committed', async () => {
  expect(page).toBe(quoteScaling(page, await readResults(`${reportFolder}/results.json`)))
})

test('it has its tables', () => {
  expect(page).toMatch(/^\| an invalidation .*\n(\|.*\n){6}$/m)
  expect(page.match(/^\| +subscribers \| .*\n(\|.*\n){5}$/gm)).toHaveLength(2)
  expect(page.match(/^\| +heard by \| .*\n(\|.*\n){5}$/gm)).toHaveLength(2)
})
