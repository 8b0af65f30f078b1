import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { leastToCommit, partialReport, reportFolder } from './options.js'
import { ratios } from './ratios.js'
import { reportPage } from './rendering/page/page.js'
import { quoteInto } from './rendering/quote.js'
import { quoteScaling } from './rendering/scaling-text.js'
import { formatResults } from './results-file.js'
import type { Results } from './results.js'

/** The pages that quote the committed report. */
export const quotingPages = ['README.md', 'docs/bench.md'] as const
/** It carries the figures of the committed report to a large fleet. */
export const scalingPage = 'docs/scaling.md'

/**
 * Leaves `results.json` and `index.html` in a folder that is there, and resolves to the path of the latter. Where it is
 * that of the committed report, the pages that quote it follow.
 *
 * @throws UsageError where results of less than everything would take the place of the committed report
 */
export async function writeReport(results: Results, folder: string): Promise<string> {
  if (resolve(folder) === reportFolder && !isOfEverything(results)) throw partialReport(folder)
  const page = join(folder, 'index.html')
  await writeFile(join(folder, 'results.json'), formatResults(results))
  await writeFile(page, reportPage(results))
  if (resolve(folder) === reportFolder) await quote(results)
  return page
}

function isOfEverything({ size, repetitions, ratios: measured }: Results): boolean {
  return size !== 'smoke' && repetitions >= leastToCommit && ratios.every(({ name }) => name in measured)
}

async function quote(results: Results): Promise<void> {
  for (const name of quotingPages) await rewrite(name, (page) => quoteInto(page, results))
  await rewrite(scalingPage, (page) => quoteScaling(page, results))
}

async function rewrite(name: string, change: (page: string) => string): Promise<void> {
  const file = new URL(`../${name}`, import.meta.url)
  await writeFile(file, change(await readFile(file, 'utf8')))
}
