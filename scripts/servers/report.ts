import type { SuiteResult } from './suites.js'

/** What came of one server. */
export interface ServerOutcome {
  readonly name: string
  /** `Valkey 9.1.2`; undefined if it can't be had. */
  readonly version: string | undefined
  /** Why it can't be had; undefined if it was. */
  readonly missing: string | undefined
  readonly result: SuiteResult | undefined
}

/** Whether every server that was had passed, and every one that was asked for by name was had. */
export function allPassed(outcomes: readonly ServerOutcome[], asked: readonly string[]): boolean {
  const had = outcomes.filter(({ missing }) => missing === undefined)
  const passed = had.every(({ result }) => result === undefined || (result.failed.length === 0 && !result.problem))
  return passed && had.length > 0 && asked.every((name) => had.some((each) => each.name === name))
}

/** One line a server, then the tests that failed, then those that were skipped, each with where. */
export function reportText(outcomes: readonly ServerOutcome[]): string {
  const rows = [['server', 'version', 'passed', 'failed', 'skipped', 'time'], ...outcomes.map(cells)]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...listed(outcomes, 'failed'), ...listed(outcomes, 'skipped')].join('\n')
}

function cells({ name, version = '-', missing, result }: ServerOutcome): string[] {
  if (missing !== undefined) return [name, version, '-', '-', '-', `can't be had: ${missing}`]
  if (!result) return [name, version, '-', '-', '-', 'not run']
  if (result.problem !== undefined) return [name, version, '-', '-', '-', `did not run: ${result.problem}`]
  const counts = [result.passed, result.failed.length, result.skipped.length].map(String)
  return [name, version, ...counts, `${result.seconds} s`]
}

/** The tests, each once, with the servers that it failed on, or was skipped on. */
function listed(outcomes: readonly ServerOutcome[], which: 'failed' | 'skipped'): string[] {
  const where = new Map<string, string[]>()
  for (const { name, result } of outcomes) {
    for (const test of result?.[which] ?? []) where.set(test, [...(where.get(test) ?? []), name])
  }
  if (where.size === 0) return []
  return ['', `${which}:`, ...[...where].map(([test, names]) => `  ${test} (${names.join(', ')})`)]
}
