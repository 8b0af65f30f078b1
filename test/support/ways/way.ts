import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { RanFunction } from './coverage.js'

export interface RanFile {
  /** Below `src`. */
  readonly file: string
  readonly lines: number
  readonly functions: readonly Pick<RanFunction, 'name' | 'line'>[]
}

/** What of `src` ran for a message, sorted by file and line. */
export interface Way {
  readonly name: 'publish' | 'delivery' | 'replay'
  /** A reader must know these files to follow the message. */
  readonly counted: readonly RanFile[]
  /** What every file uses, what only measures, and the public facades. */
  readonly apart: readonly RanFile[]
}

const apart = /^(support\/|telemetry\/|index\.ts$|publisher\/publisher\.ts$|subscriber\/(subscriber|subscription)\.ts$)/

export function wayOf(name: Way['name'], functions: readonly RanFunction[]): Way {
  const byFile = Map.groupBy(functions, ({ file }) => file)
  const files = [...byFile.keys()].sort().map((file) => ({
    file,
    lines: linesOf(file),
    functions: (byFile.get(file) ?? [])
      .map(({ name, line }) => ({ name, line }))
      .sort((one, other) => one.line - other.line),
  }))
  return {
    name,
    counted: files.filter(({ file }) => !apart.test(file)),
    apart: files.filter(({ file }) => apart.test(file)),
  }
}

/** Of all its counted files together. */
export function countedLines({ counted }: Way): number {
  return counted.reduce((sum, { lines }) => sum + lines, 0)
}

const recorded = new URL('ways.json', import.meta.url)

/** The counted files of each way as `test/integration/ways.test.ts` expects them. */
export async function readRecordedFiles(): Promise<unknown> {
  return JSON.parse(await readFile(recorded, 'utf8'))
}

export async function recordFiles(ways: readonly Way[]): Promise<void> {
  await writeFile(recorded, `${JSON.stringify(countedFiles(ways), null, 2)}\n`)
}

/** The names of the counted files of each way. */
export function countedFiles(ways: readonly Way[]): Record<string, readonly string[]> {
  return Object.fromEntries(ways.map(({ name, counted }) => [name, counted.map(({ file }) => file)]))
}

function linesOf(file: string): number {
  return readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8').split('\n').length - 1
}
