import { alignColumns } from '../../examples/demo/columns.js'
import type { Paint } from '../../examples/demo/screen/paint.js'
import type { Outcome } from './outcome.js'

/** The result for people. */
export function reportText(outcome: Outcome, paint: Paint): string {
  const { published, acknowledged, handled, duplicates, repaired, faults, resyncs, memory, lost, stale } = outcome
  const verdict = `${number(lost)} lost, ${number(stale)} stale`
  const rows = (title: string, table: Readonly<Record<string, string>>): string[] => [
    '',
    paint.bold(title),
    ...alignColumns(1, Object.entries(table)).map((line) => `  ${line}`),
  ]
  const counts = { published, acknowledged, handled, duplicates, repaired }
  return [
    ...rows('Messages', inNumbers(counts)),
    ...rows(`Faults: ${number(sum(faults))}`, inNumbers(faults)),
    ...rows(`Resyncs: ${number(sum(resyncs))}`, inNumbers(resyncs)),
    ...rows('Time to recover', inUnits(outcome.recoverMs, milliseconds)),
    ...rows('Memory high-water mark', inUnits(memory, mebibytes)),
    '',
    lost + stale === 0 ? paint.good(verdict) : paint.bad(verdict),
    '',
  ].join('\n')
}

/** The columns of the table of long runs. */
export const markdownHead = [
  'date',
  'topology',
  'seed',
  'minutes',
  'published',
  'acknowledged',
  'handled',
  'duplicates',
  'faults',
  'resyncs',
  'repaired',
  'recover p50 / p99 / max',
  'largest subscriber',
  'versions',
  'lost',
  'stale',
]

/** The result as a row of that table. */
export function markdownRow(outcome: Outcome): string {
  const { published, acknowledged, handled, duplicates, repaired, recoverMs, lost, stale, versions } = outcome
  const reasons = Object.entries(outcome.resyncs).map(([reason, count]) => `${number(count)} \`${reason}\``)
  const cells = [
    outcome.startedAt.slice(0, 10),
    outcome.topology,
    String(outcome.seed),
    (outcome.seconds / 60).toFixed(1),
    ...[published, acknowledged, handled, duplicates, sum(outcome.faults)].map(number),
    reasons.join(', ') || '0',
    number(repaired),
    [recoverMs.p50, recoverMs.p99, recoverMs.max].map(milliseconds).join(' / '),
    mebibytes(largestSubscriber(outcome)),
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    ...[lost, stale].map(number),
  ]
  return `| ${cells.join(' | ')} |\n`
}

function largestSubscriber({ memory }: Outcome): number {
  return Math.max(...Object.entries(memory).map(([name, bytes]) => (name.startsWith('subscriber ') ? bytes : 0)))
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function inNumbers(table: Readonly<Record<string, number>>): Record<string, string> {
  return inUnits(table, number)
}

function inUnits<Value>(
  table: Readonly<Record<string, Value>>,
  unit: (value: Value) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, unit(value)]))
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function milliseconds(value: number | null): string {
  return value === null ? '-' : `${number(value)} ms`
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_024 ** 2)} MiB`
}
