import { startRedisServer } from '../scripts/redis-server-process.js'
import type { Case, Figure, Measurement, Reading, Size, Variant } from './measurement.js'
import type { Progress } from './progress.js'
import { formatWithUnit } from './rendering/format.js'
import { Resources } from './resources.js'
import type { Run } from './results.js'

/** A case, and what it is a case of. */
export interface PlannedCase {
  readonly measurement: Measurement
  readonly case: Case
}

export interface RunOptions {
  readonly repetitions: number
  /** Sees to the packages of `peers/<folder>`. Where it is absent, variants that need some are left out. */
  readonly installPeer?: (peer: string) => Promise<void>
  readonly signal: AbortSignal
  readonly progress: Progress
}

export function planCases(measurements: readonly Measurement[], size: Size): readonly PlannedCase[] {
  return measurements.flatMap((measurement) => measurement.cases(size).map((each) => ({ measurement, case: each })))
}

/**
 * Measures the variants of a case in turns, on a Redis of its own where it asks for one. Each repetition goes through
 * them in the reverse order of the one before, so that drift favours none.
 */
export async function runCase(planned: PlannedCase, options: RunOptions): Promise<readonly Run[]> {
  const { measurement, case: each } = planned
  const { repetitions, signal, progress } = options
  await using resources = new Resources()
  const variants = await openVariants(each, resources, options)
  const runs: Run[] = []
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const variant of repetition % 2 === 1 ? variants : variants.toReversed()) {
      signal.throwIfAborted()
      const reading = checked(await variant.run(), planned, variant)
      runs.push({
        measurement: measurement.name,
        case: each.name,
        parameters: each.parameters,
        variant: variant.name,
        variantTitle: variant.title,
        repetition,
        ...reading,
      })
      const told = `${measurement.name}, ${each.name}  ${repetition}/${repetitions}  ${variant.title}: `
      progress.ran(runs.length / (variants.length * repetitions), told + tellReading(reading, measurement.figures))
    }
  }
  return runs
}

async function openVariants(each: Case, resources: Resources, options: RunOptions): Promise<readonly Variant[]> {
  const { installPeer, signal, progress } = options
  signal.throwIfAborted()
  const context = { resources, say: (line: string) => progress.say(line) }
  const opened = await (each.redis === undefined
    ? each.open(context)
    : each.open({ ...context, server: await startServer(each.redis, resources) }))
  if (installPeer === undefined) return opened.filter(({ peer }) => peer === undefined)
  for (const { peer } of opened) if (peer !== undefined) await installPeer(peer)
  return opened
}

async function startServer(args: readonly string[], resources: Resources) {
  const server = await startRedisServer({ args })
  resources.defer(() => server.stop())
  return server
}

/** @throws Error for a figure that the measurement does not have, and for one that is no finite number */
function checked(reading: Reading, { measurement, case: each }: PlannedCase, { name }: Variant): Reading {
  const known = measurement.figures.map((figure) => figure.name)
  for (const [figure, value] of Object.entries(reading.figures)) {
    const where = `${measurement.name}, ${each.name}, ${name}`
    if (!known.includes(figure))
      throw new Error(`${where}: expected figures among ${known.join(', ')}, got \`${figure}\``)
    if (!Number.isFinite(value)) throw new Error(`${where}: expected ${figure} to be a finite number, got ${value}`)
  }
  return reading
}

/** The first of its figures, and every fault. */
function tellReading({ figures }: Reading, known: readonly Figure[]): string {
  const told = known.flatMap((figure) => {
    const value = figures[figure.name]
    if (value === undefined || (figure.fault && value === 0)) return []
    return [{ fault: figure.fault === true, text: `${figure.title} ${formatWithUnit(value, figure.unit)}` }]
  })
  const first = told.find(({ fault }) => !fault)
  return [first, ...told.filter(({ fault }) => fault)].flatMap((each) => each?.text ?? []).join(', ')
}
