import { markdownTable } from '../rendering/markdown.js'
import type { StalenessComparison } from './comparison.js'

/** A row for each set-up, a column for each scenario: as README.md quotes it, and as it reads on a terminal. */
export function stalenessTable({ outcomes, scenarios, versions }: StalenessComparison): string {
  const names = [...new Set(outcomes.map(({ name }) => name))]
  const rows = names.flatMap((name) => {
    const own = outcomes.filter((outcome) => outcome.name === name)
    const [first] = own
    if (first === undefined) return []
    const verdicts = scenarios.map(
      ({ name: scenario }) => own.find((each) => each.scenario === scenario)?.verdict ?? '',
    )
    const values = first.shared ? 'memory and Redis' : 'memory'
    return [[`${first.cache} ${versions[first.cache] ?? ''}`.trim(), values, ...verdicts]]
  })
  return markdownTable(['library', 'values in', ...scenarios.map(({ title }) => title)], rows, []).join('\n')
}
