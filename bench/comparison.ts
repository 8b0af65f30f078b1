import type { Figure } from './measurement.js'
import { ratioOf, ratios, spreadOf } from './ratios.js'
import type { Bar, Results } from './results.js'
import type { Summary } from './statistics.js'
import { type Fault, faultsOf, summariseCases } from './summaries.js'

/** What changed from one run of the bench to another. */
export interface Comparison {
  /** Why the two may not be comparable. */
  readonly warnings: readonly string[]
  readonly ratios: readonly RatioChange[]
  /** Beyond the noise, the greatest first. */
  readonly changes: readonly Change[]
  readonly withinNoise: number
  /** Of what was measured in one of them only. */
  readonly unpaired: number
  readonly faults: Readonly<Record<'before' | 'after', readonly Fault[]>>
}

export interface RatioChange {
  readonly name: string
  readonly unit: string
  readonly before: number
  readonly after: number
  readonly beyondNoise: boolean
  /** As of the later run. */
  readonly bar: Bar | undefined
}

/** A figure of a variant. */
export interface Change {
  readonly measurement: string
  readonly case: string
  readonly variant: string
  readonly figure: Figure
  readonly before: Summary
  readonly after: Summary
  /** Of the median, as a share: 0.1 is a tenth more. Undefined where a median is not above 0, as what a heap has grown by. */
  readonly change: number | undefined
}

/** With fewer runs each, nothing is called a change: two ranges of so few are apart by chance too often. */
const leastRepetitions = 3

export function compareResults(before: Results, after: Results): Comparison {
  const [old, now] = [summariesOf(before), summariesOf(after)]
  const enough = Math.min(before.repetitions, after.repetitions) >= leastRepetitions
  const paired = [...now].flatMap(([key, { summary, ...about }]) => {
    const oldSummary = old.get(key)?.summary
    return oldSummary === undefined ? [] : [{ ...about, before: oldSummary, after: summary }]
  })
  const changes = paired
    .filter((each) => enough && isBeyondNoise(each.before, each.after))
    .map((each) => ({ ...each, change: shareOf(each.before.median, each.after.median) }))
    .toSorted((a, b) => extentOf(b) - extentOf(a))
  return {
    warnings: warningsOf(before, after),
    ratios: compareRatios(before, after, enough),
    changes,
    withinNoise: paired.length - changes.length,
    unpaired: old.size + now.size - 2 * paired.length,
    faults: { before: faultsOf(before), after: faultsOf(after) },
  }
}

/** The ranges from least to greatest do not overlap, and the medians are further apart than either range is wide. */
export function isBeyondNoise(before: Summary, after: Summary): boolean {
  const apart = before.max < after.min || after.max < before.min
  const widest = Math.max(before.max - before.min, after.max - after.min)
  return apart && Math.abs(after.median - before.median) > widest
}

function shareOf(before: number, after: number): number | undefined {
  return before > 0 && after > 0 ? after / before - 1 : undefined
}

/** Twice as much is as great a change as half of it, and what is no share of anything the greatest. */
function extentOf({ change }: Change): number {
  return change === undefined ? Infinity : Math.abs(Math.log1p(change))
}

type Summarised = Pick<Change, 'measurement' | 'case' | 'variant' | 'figure'> & { readonly summary: Summary }

function summariesOf(results: Results): ReadonlyMap<string, Summarised> {
  const summaries = new Map<string, Summarised>()
  for (const { name: measurement } of results.measurements) {
    for (const { name, figures } of summariseCases(results, measurement)) {
      for (const { variants, ...figure } of figures) {
        for (const summary of variants) {
          const key = JSON.stringify([measurement, name, figure.name, summary.name])
          summaries.set(key, { measurement, case: name, variant: summary.title, figure, summary })
        }
      }
    }
  }
  return summaries
}

function compareRatios(before: Results, after: Results, enough: boolean): readonly RatioChange[] {
  return ratios.flatMap((ratio) => {
    const old = ratioOf(ratio, before.runs)
    const now = ratioOf(ratio, after.runs)
    const spreads = [spreadOf(ratio, before.runs), spreadOf(ratio, after.runs)]
    if (old === undefined || now === undefined || spreads[0] === undefined || spreads[1] === undefined) return []
    const beyondNoise = enough && isBeyondNoise(spreads[0], spreads[1])
    return [{ name: ratio.name, unit: ratio.unit, before: old, after: now, beyondNoise, bar: after.bars[ratio.name] }]
  })
}

function warningsOf(before: Results, after: Results): readonly string[] {
  const differing = <Value>(what: string, one: Value, other: Value): string[] =>
    one === other ? [] : [`${what} differs: ${String(one)} then, ${String(other)} now`]
  const machineOf = ({ machine }: Results): string =>
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`
  const packages = Object.keys(before.versions).filter(
    (name) => name !== 'cache-invalidation' && name in after.versions,
  )
  const fewest = Math.min(before.repetitions, after.repetitions)
  return [
    ...differing('The machine', machineOf(before), machineOf(after)),
    ...differing('The size', before.size, after.size),
    ...packages.flatMap((name) => differing(`The version of ${name}`, before.versions[name], after.versions[name])),
    ...(fewest < leastRepetitions
      ? [`With fewer than ${leastRepetitions} repetitions, nothing can be told from noise: one of these has ${fewest}`]
      : []),
  ]
}
