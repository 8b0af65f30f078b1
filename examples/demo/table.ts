import { alignColumns } from './columns.js'
import type { Outcome, ServiceOutcome } from './outcome.js'
import type { Paint } from './screen/paint.js'
import { serviceNames } from './services/service.js'

const staleShown = 5

/** The result of a run as text: a row per service, and what it means. */
export function outcomeText(outcome: Outcome, paint: Paint): string {
  const head = ['service', 'published', 'live', 'replayed', 'duplicates', 'resyncs', 'longest gap', 'compared', 'stale']
  const rows = serviceNames.map((name) => [name, ...cells(outcome.services[name])])
  const [heading = '', ...lines] = alignColumns(1, [head, ...rows])
  return ['', paint.bold(heading), ...lines, '', ...verdict(outcome, paint), ''].join('\n')
}

function cells(service: ServiceOutcome): string[] {
  // It publishes, and keeps no cache.
  if (service.compared === 0 && service.published > 0) return [number(service.published)]
  const reasons = Object.entries(service.resyncReasons).map(([reason, count]) => `${count} ${reason}`)
  const { live, replayed, duplicates, longestGapMs, compared, stale } = service
  const resyncs = reasons.length === 0 ? '0' : reasons.join(', ')
  const gap = longestGapMs === 0 ? '-' : `${(longestGapMs / 1_000).toFixed(1)} s`
  return ['', number(live), number(replayed), number(duplicates), resyncs, gap, number(compared), number(stale)]
}

function verdict(outcome: Outcome, paint: Paint): string[] {
  const { error, stale, seconds } = outcome
  const values = serviceNames.flatMap((name) =>
    outcome.services[name].staleValues.map(
      ({ tier, key, cached, current }) => `  ${name}, ${tier}, ${key}: ${cached} is ${current} in the database`,
    ),
  )
  const compared = serviceNames.map((name) => outcome.services[name].compared).reduce((a, b) => a + b, 0)
  const lines: string[] = []
  if (stale > 0) {
    lines.push(
      paint.bad(`${number(stale)} of ${number(compared)} cached values are stale:`),
      ...values.slice(0, staleShown),
    )
    if (values.length > staleShown) lines.push(`  and ${number(values.length - staleShown)} more`)
  } else if (error === undefined) {
    lines.push(paint.good(`No cached value is stale: ${number(compared)} compared with the database, ${seconds} s`))
  }
  if (error !== undefined) lines.push(paint.bad(`Failed: ${error}`))
  return lines
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
