import { startRedisServer } from '../scripts/redis-server-process.js'
import type { Case, Figure, Measurement, Size, Variant } from './measurement.js'
import { summarise, type Summary } from './statistics.js'

/** A figure of a case, for each variant. */
export interface Result {
  readonly measurement: string
  readonly case: string
  readonly figure: string
  readonly unit: string
  readonly better: Figure['better']
  /** Ours first. */
  readonly variants: readonly VariantResult[]
}

export interface VariantResult extends Summary {
  readonly name: string
  /** In the order in which they were measured. */
  readonly runs: readonly number[]
  /** Our median over the median of this variant. */
  readonly ratio: number
}

export interface RunOptions {
  readonly size: Size
  readonly repetitions: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Measures every case on a Redis of its own, its variants in turns. */
export async function runMeasurement(measurement: Measurement, options: RunOptions): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const each of measurement.cases(options.size)) {
    const server = await startRedisServer()
    try {
      options.say(`${measurement.name}, ${each.name}`)
      const samples = await runCase(await each.open(server.url), measurement.figures, options)
      results.push(...measurement.figures.map((figure) => resultOf(measurement, each, figure, samples)))
    } finally {
      await server.stop()
    }
  }
  return results
}

type Samples = ReadonlyMap<Variant, readonly (readonly number[])[]>

/** Each repetition goes through the variants in the reverse order of the one before, so that drift favours none. */
async function runCase(
  variants: readonly Variant[],
  figures: readonly Figure[],
  { repetitions, signal, say }: RunOptions,
): Promise<Samples> {
  const samples = new Map<Variant, (readonly number[])[]>(variants.map((variant) => [variant, []]))
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const variant of repetition % 2 === 1 ? variants : variants.toReversed()) {
      signal.throwIfAborted()
      const measured = await variant.run()
      samples.get(variant)?.push(measured)
      const values = figures.map((figure) => `${figure.name} ${formatFigure(figure.of(measured))} ${figure.unit}`)
      say(`  ${repetition}/${repetitions}  ${variant.name}: ${values.join(', ')}`)
    }
  }
  return samples
}

function resultOf({ name }: Measurement, { name: caseName }: Case, figure: Figure, samples: Samples): Result {
  const runs = [...samples].map(([variant, each]) => ({ name: variant.name, runs: each.map((one) => figure.of(one)) }))
  const ours = summarise(runs[0]?.runs ?? []).median
  const variants = runs.map((variant) => {
    const summary = summarise(variant.runs)
    return { ...variant, ...summary, ratio: ours / summary.median }
  })
  return { measurement: name, case: caseName, figure: figure.name, unit: figure.unit, better: figure.better, variants }
}

/** Three digits that count, or whole numbers with thousands set apart. */
export function formatFigure(value: number): string {
  return value.toLocaleString('en-US', value < 1_000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })
}
