/** Where values are drawn along an axis. */
export interface Scale {
  /** In units of the drawing. */
  readonly at: (value: number) => number
  readonly ticks: readonly Tick[]
}

export interface Tick {
  readonly value: number
  readonly label: string
}

/** Where an axis begins and ends, in units of the drawing. */
export type Range = readonly [from: number, to: number]

/** From 0 to a round number that is no less than `max`. */
export function linearScale(max: number, [from, to]: Range): Scale {
  const step = roundStep(max > 0 ? max : 1)
  const steps = Math.max(1, Math.ceil(max / step - 1e-9))
  const values = Array.from({ length: steps + 1 }, (_, index) => index * step)
  return {
    at: (value) => from + (value / (steps * step)) * (to - from),
    ticks: values.map((value) => ({ value, label: compact(value) })),
  }
}

/** From `min` to `max`, both above 0; ticks at powers of ten, and between them where there are few. */
export function logScale(min: number, max: number, [from, to]: Range): Scale {
  const low = Math.log10(min)
  const high = Math.log10(max > min ? max : min * 10)
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, index) => Math.floor(low) + index)
  const mantissas = high - low > 3 ? [1] : high - low > 1.7 ? [1, 3] : [1, 2, 5]
  const values = decades.flatMap((decade) => mantissas.map((mantissa) => mantissa * 10 ** decade))
  const slack = 1e-9
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: values
      .filter((value) => Math.log10(value) >= low - slack && Math.log10(value) <= high + slack)
      .map((value) => ({ value, label: compact(value) })),
  }
}

/** Around all of these values that are above 0, with some room; what is 0 is drawn at its lower end. */
export function logScaleAround(values: readonly number[], range: Range): Scale {
  const drawable = values.filter((value) => value > 0)
  const [least, greatest] = drawable.length === 0 ? [1, 10] : [Math.min(...drawable), Math.max(...drawable)]
  const { at, ticks } = logScale(least / 1.2, greatest * 1.2, range)
  return { at: (value) => at(Math.max(value, least / 1.2)), ticks }
}

/** By powers of two or the like: a tick at each of the values that were measured. */
export function stepScale(values: readonly number[], range: Range): Scale {
  const { at } = logScale(Math.min(...values), Math.max(...values), range)
  return { at, ticks: values.map((value) => ({ value, label: compact(value) })) }
}

/** From the median up to a percentile below 100; each nine more is as far again. */
export function percentileScale(max: number, [from, to]: Range): Scale {
  const low = ninesOf(50)
  const high = Math.max(ninesOf(max), ninesOf(90))
  const at = (percentile: number): number => from + ((ninesOf(percentile) - low) / (high - low)) * (to - from)
  const ticks = [50, 90, 99, 99.9, 99.99, 99.999].filter((percentile) => ninesOf(percentile) <= high + 1e-9)
  return { at, ticks: ticks.map((value) => ({ value, label: `p${value}` })) }
}

/** 1 for 90, 2 for 99, 3 for 99.9. */
function ninesOf(percentile: number): number {
  return -Math.log10(1 - percentile / 100)
}

/** The least of 1, 2 or 5 times a power of ten that takes no more than six steps to `max`. */
function roundStep(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max / 6))
  return power * ([1, 2, 5].find((mantissa) => mantissa * power >= max / 6) ?? 10)
}

/** `250k`, `1.5M`, `0.2`. */
export function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).replace('K', 'k')
}
