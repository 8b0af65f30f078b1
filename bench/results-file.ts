import { readFile } from 'node:fs/promises'
import { UsageError } from '../scripts/usage-error.js'
import type { Results } from './results.js'

/** As JSON, with a line for each run: so that two of them can be read side by side. */
export function formatResults({ runs, ...head }: Results): string {
  const lines = runs.map((run) => `    ${JSON.stringify(run)}`)
  const runsText = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "runs": ${runsText}\n}\n`
}

/** @throws UsageError that names the file, where it can't be read or is no result of this bench */
export async function readResults(path: string): Promise<Results> {
  const parsed = await readJson(path)
  const { [0]: wrong } = Object.entries(checks).filter(([field, check]) => !check(fieldOf(parsed, field)))
  if (wrong !== undefined)
    throw new UsageError(`Expected ${path} to be a results.json of this bench: its \`${wrong[0]}\` is none`)
  // Each of its fields was just looked at, as far down as they are read.
  return parsed as Results
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`Can't read ${path}, expected a results.json of this bench: ${reason}`)
  }
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const isFlag: Check = (value) => typeof value === 'boolean'
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...texts: readonly string[]): Check =>
  (value) =>
    texts.some((text) => text === value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check)
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([field, check]) => check(fieldOf(value, field)))

const isPoint: Check = (value) => listOf(isNumber)(value) && Array.isArray(value) && value.length === 2

const isFigure = shape({
  name: isText,
  title: isText,
  unit: isText,
  better: oneOf('higher', 'lower'),
  fault: optional(isFlag),
})

const isRun = shape({
  measurement: isText,
  case: isText,
  parameters: recordOf(isNumber),
  variant: isText,
  variantTitle: isText,
  repetition: isNumber,
  figures: recordOf(isNumber),
  percentiles: optional(listOf(isPoint)),
})

const checks: Readonly<Record<keyof Results, Check>> = {
  date: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  seconds: isNumber,
  size: oneOf('full', 'default', 'smoke'),
  repetitions: isNumber,
  machine: shape({ cpu: isText, cores: isNumber, memoryGiB: isNumber, system: isText }),
  versions: recordOf(isText),
  load: shape({ before: isNumber, after: isNumber }),
  ratios: recordOf(isNumber),
  bars: recordOf(shape({ kind: oneOf('at least', 'at most'), bar: isNumber, met: isFlag })),
  measurements: listOf(shape({ name: isText, title: isText, figures: listOf(isFigure) })),
  runs: listOf(isRun),
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) ? Object.getOwnPropertyDescriptor(value, field)?.value : undefined
}
