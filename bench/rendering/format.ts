import type { Bar } from '../results.js'

/** Three digits that count, or whole numbers with thousands set apart. */
export function formatFigure(value: number): string {
  return value.toLocaleString(
    'en-US',
    Math.abs(value) < 1_000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  )
}

/** As {@link formatFigure}, with the unit after it where there is one. */
export function formatWithUnit(value: number, unit: string): string {
  return unit === '' ? formatFigure(value) : `${formatFigure(value)} ${unit}`
}

/** A ratio by two decimals, `1.20`; where these would say little, by as many more as it takes: `0.0079`. */
export function formatRatio(ratio: number): string {
  return Math.abs(ratio) >= 0.1 || ratio === 0 ? ratio.toFixed(2) : ratio.toPrecision(2)
}

/** What one of the ratios came to: `1.20`, or `11.83 µs`. Just short of its bar, by as many digits as show that. */
export function formatMeasured(value: number, unit: string, bar?: Bar): string {
  let text = unit === '' ? formatRatio(value) : value >= 1_000 ? formatFigure(value) : value.toFixed(2)
  for (let digits = 3; bar?.met === false && Number(text) === bar.bar && digits <= 17; digits++)
    text = value.toFixed(digits)
  return unit === '' ? text : `${text} ${unit}`
}

/** A change in percent, with its sign: `+12 %`, `−3.4 %`. */
export function formatChange(share: number): string {
  const percent = Math.abs(share) * 100
  const digits = percent < 10 ? percent.toFixed(1) : percent.toFixed(0)
  return `${share < 0 ? '−' : '+'}${digits} %`
}

/** `2026-11-22T19:18:03.120Z` as `2026-11-22 at 19:18 UTC`. */
export function formatMoment(date: string): string {
  return `${date.slice(0, 10)} at ${date.slice(11, 16)} UTC`
}

/** `at least 3`, `at most 4 µs`, `at least 100,000 /s`. */
export function formatBar({ kind, bar }: Bar, unit: string): string {
  const text = bar.toLocaleString('en-US')
  return `${kind} ${unit === '' ? text : `${text} ${unit}`}`
}
