import type { Figure } from './measurement.js'
import type { Results, Run } from './results.js'
import { summarise, type Summary } from './statistics.js'

/** This library, among the variants. */
export const ours = 'cache-invalidation'

/** A case of a measurement, with what its runs gave. */
export interface CaseSummary {
  readonly measurement: string
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
  /** Those that any variant gave, in the order of the measurement; counts of faults are told apart, as {@link faultsOf}. */
  readonly figures: readonly FigureSummary[]
}

export interface FigureSummary extends Figure {
  /** In the order in which they were measured first. */
  readonly variants: readonly VariantSummary[]
}

export interface VariantSummary extends Summary {
  readonly name: string
  readonly title: string
  /** In the order of the repetitions. */
  readonly values: readonly number[]
  /** Our median over this one's; undefined for ours, where we have no part, and where this one's is 0. */
  readonly oursOverThis: number | undefined
}

/** The cases of a measurement, in the order in which they were measured. */
export function summariseCases({ measurements, runs }: Results, measurement: string): readonly CaseSummary[] {
  const figures = measurements.find(({ name }) => name === measurement)?.figures ?? []
  const byCase = Map.groupBy(
    runs.filter((run) => run.measurement === measurement),
    (run) => run.case,
  )
  return [...byCase].map(([name, ofCase]) => ({
    measurement,
    name,
    parameters: ofCase[0]?.parameters ?? {},
    figures: figures
      .filter(({ fault }) => fault !== true)
      .map((figure) => ({ ...figure, variants: summariseVariants(figure.name, ofCase) }))
      .filter(({ variants }) => variants.length > 0),
  }))
}

function summariseVariants(figure: string, runs: readonly Run[]): readonly VariantSummary[] {
  const inOrder = runs.toSorted((a, b) => a.repetition - b.repetition)
  const variants = [...Map.groupBy(inOrder, ({ variant }) => variant)].flatMap(([name, ofVariant]) => {
    const values = ofVariant.flatMap(({ figures }) => figures[figure] ?? [])
    if (values.length === 0) return []
    return [{ name, title: ofVariant[0]?.variantTitle ?? name, values, ...summarise(values) }]
  })
  const ourMedian = variants.find(({ name }) => name === ours)?.median
  return variants.map((variant) => {
    const isBaseline = variant.name !== ours && variant.median !== 0
    return { ...variant, oursOverThis: isBaseline && ourMedian !== undefined ? ourMedian / variant.median : undefined }
  })
}

/** Something that went wrong while a variant was measured. */
export interface Fault {
  readonly measurement: string
  readonly case: string
  readonly variant: string
  readonly figure: Figure
  /** Of all repetitions together. */
  readonly count: number
  /** Repetitions with such a fault. */
  readonly inRuns: number
  readonly ofRuns: number
}

/** Every fault that was counted, summed up over the repetitions. */
export function faultsOf({ measurements, runs }: Results): readonly Fault[] {
  return measurements.flatMap(({ name: measurement, figures }) => {
    const ofMeasurement = runs.filter((run) => run.measurement === measurement)
    const groups = [...Map.groupBy(ofMeasurement, (run) => JSON.stringify([run.case, run.variant])).values()]
    return figures
      .filter(({ fault }) => fault === true)
      .flatMap((figure) => groups.flatMap((group) => faultOf(figure, group) ?? []))
  })
}

function faultOf(figure: Figure, runs: readonly Run[]): Fault | undefined {
  const [first] = runs
  const counts = runs.map(({ figures }) => figures[figure.name] ?? 0).filter((count) => count > 0)
  if (first === undefined || counts.length === 0) return undefined
  const count = counts.reduce((sum, each) => sum + each, 0)
  const { measurement, case: caseName, variantTitle: variant } = first
  return { measurement, case: caseName, variant, figure, count, inRuns: counts.length, ofRuns: runs.length }
}
