/** Compares what caches serve after an invalidation that came at a bad moment. `--help` lists the options. */
import { readFile, writeFile } from 'node:fs/promises'
import { runProgram } from '../../scripts/run-program.js'
import type { Stop } from '../../scripts/stop-on-signal.js'
import { replacePlace } from '../rendering/markdown.js'
import { compareStaleness, type StalenessComparison } from './comparison.js'
import { help, parseOptions, type StalenessOptions } from './options.js'
import { ours } from './set-ups.js'
import { stalenessTable } from './table.js'

await runProgram({ name: 'staleness', help, parse: parseOptions, run })

async function run({ setUps: chosen, json, record }: StalenessOptions, { signal }: Stop): Promise<number> {
  const comparison = await compareStaleness(chosen, { signal, say: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(json ? `${JSON.stringify(comparison, null, 2)}\n` : `${stalenessTable(comparison)}\n`)
  if (record) await quote(comparison)
  return comparison.outcomes.every(({ cache, verdict }) => cache !== ours || verdict === 'fresh') ? 0 : 1
}

async function quote(comparison: StalenessComparison): Promise<void> {
  const file = new URL('../../README.md', import.meta.url)
  await writeFile(file, replacePlace(await readFile(file, 'utf8'), 'staleness', stalenessTable(comparison)))
}
