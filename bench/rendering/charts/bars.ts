import type { Summary } from '../../statistics.js'
import { formatFigure } from '../format.js'
import { type Markup, markup } from '../markup.js'
import { drawing, line, tenth, text } from './frame.js'
import { linearScale } from './scale.js'

export interface BarChart {
  /** What it shows, in words. */
  readonly title: string
  readonly bars: readonly Bar[]
}

export interface Bar extends Summary {
  readonly label: string
  /** How the style sheet knows it. */
  readonly className: string
  /** What went wrong, if anything did. */
  readonly warning: string | undefined
}

const width = 460
const rowHeight = 38
const left = 2
const right = 380

/** A bar for each median, from 0, with a whisker from the least to the greatest. */
export function barChart({ title, bars }: BarChart): Markup {
  const scale = linearScale(Math.max(...bars.map(({ max }) => max)), [left, right])
  const height = bars.length * rowHeight + 4
  const base = line(left, 0, left, height)
  return drawing(title, width, height, [
    markup`<g class="grid">${base}</g>`,
    ...bars.map((bar, index) => drawBar(bar, index * rowHeight, (value) => scale.at(value))),
  ])
}

function drawBar(
  { label, className, warning, median, min, max }: Bar,
  top: number,
  at: (value: number) => number,
): Markup {
  const middle = top + 26
  const told = warning === undefined ? undefined : markup`<tspan class="warning" dx="6">⚠ ${warning}</tspan>`
  return markup`<g class="${className}"><text class="bar-label" x="${left + 4}" y="${top + 14}">${label}${told}</text><rect x="${left}" y="${middle - 7}" width="${tenth(Math.max(1, at(median) - left))}" height="14" rx="1.5"/><g class="whisker">${line(at(min), middle, at(max), middle)}${line(at(min), middle - 4, at(min), middle + 4)}${line(at(max), middle - 4, at(max), middle + 4)}</g><g class="value">${text(at(Math.max(max, median)) + 8, middle + 5, formatFigure(median), 'start')}</g></g>`
}
