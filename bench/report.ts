import { alignColumns } from '../examples/demo/columns.js'
import type { Machine } from './machine.js'
import type { Measurement } from './measurement.js'
import { formatFigure, type Result } from './run.js'

/** All that is known of a run: what `--json` prints. */
export interface Report {
  readonly date: string
  readonly seconds: number
  readonly size: string
  readonly repetitions: number
  readonly machine: Machine
  readonly load: { readonly before: number; readonly after: number }
  readonly results: readonly Result[]
}

/** A table for each measurement, and what it was measured on. */
export function reportText(report: Report, measurements: readonly Measurement[]): string {
  const tables = measurements.map(({ name, title, figures }) => {
    const units = [...new Set(figures.map(({ unit, better }) => `${unit}, ${better} is better`))].join('; ')
    const results = report.results.filter(({ measurement }) => measurement === name)
    const rows = results.flatMap((result) => rowsOf(result, figures.length > 1))
    return [`${title} (${units})`, ...alignColumns(2, [['', '', 'median', 'min', 'max', 'ours / this'], ...rows])]
  })
  return [...tables, footOf(report)].map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function rowsOf({ case: caseName, figure, variants }: Result, namesFigure: boolean): string[][] {
  const title = namesFigure ? `${caseName}, ${figure}` : caseName
  return variants.map(({ name, median, min, max, ratio }, index) => [
    index === 0 ? title : '',
    name,
    ...[median, min, max].map(formatFigure),
    index === 0 ? '' : ratio.toFixed(2),
  ])
}

function footOf({ date, seconds, size, repetitions, machine, load }: Report): string[] {
  const { cpu, cores, memoryGiB, system, versions } = machine
  return [
    ...(size === 'smoke' ? ['Tiny amounts: these figures mean nothing.'] : []),
    `${date}, ${seconds} s; median, min and max of ${repetitions} runs each, in turns`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; load average ${load.before} before, ${load.after} after`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ]
}
