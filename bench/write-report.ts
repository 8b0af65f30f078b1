import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { reportFolder } from './options.js'
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
 * Leaves `results.json` and `index.html` in a folder, and resolves to the path of the latter. Where it is that of the
 * committed report, the pages that quote it follow.
 */
export async function writeReport(results: Results, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const page = join(folder, 'index.html')
  await writeFile(join(folder, 'results.json'), formatResults(results))
  await writeFile(page, reportPage(results))
  if (resolve(folder) === reportFolder) await quote(results)
  return page
}

async function quote(results: Results): Promise<void> {
  for (const name of quotingPages) await rewrite(name, (page) => quoteInto(page, results))
  await rewrite(scalingPage, (page) => quoteScaling(page, results))
}

async function rewrite(name: string, change: (page: string) => string): Promise<void> {
  const file = new URL(`../${name}`, import.meta.url)
  await writeFile(file, change(await readFile(file, 'utf8')))
}
