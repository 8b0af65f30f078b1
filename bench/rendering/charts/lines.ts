import { type Markup, markup } from '../markup.js'
import { axes, drawing, type Field, tenth, text } from './frame.js'
import type { Range, Scale } from './scale.js'

export interface LineChart {
  /** What it shows, in words. */
  readonly title: string
  readonly x: ChartAxis
  readonly y: ChartAxis
  readonly series: readonly Series[]
}

export interface ChartAxis {
  readonly title: string
  /** Made for the part of the drawing that the axis takes. */
  scale(range: Range): Scale
}

export interface Series {
  readonly label: string
  /** How the style sheet knows it. */
  readonly className: string
  readonly points: readonly Point[]
  /** Whether each point was measured, and is marked. */
  readonly marked: boolean
}

/** A value, and the range that it was measured in. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly min: number
  readonly max: number
}

const width = 460
const height = 270
const field: Field = { left: 46, right: 352, top: 26, bottom: 222 }
const labelHeight = 15

/** Lines, each with its range as a band and its name at its end. */
export function lineChart({ title, x, y, series }: LineChart): Markup {
  const scaleX = x.scale([field.left, field.right])
  const scaleY = y.scale([field.bottom, field.top])
  const drawn = series.filter(({ points }) => points.length > 0)
  const ends = drawn.map(({ points }) => scaleY.at(points.at(-1)?.y ?? 0))
  const labels = spreadOut(ends, labelHeight, field)
  return drawing(title, width, height, [
    axes({ field, x: { ...scaleX, title: x.title }, y: { ...scaleY, title: y.title } }),
    ...drawn.map((each) => drawSeries(each, scaleX, scaleY)),
    ...drawn.map(({ label, className, points }, index) => {
      const from = scaleX.at(points.at(-1)?.x ?? 0)
      const at = labels[index] ?? 0
      return markup`<g class="${className}"><line class="leader" x1="${tenth(from + 5)}" y1="${tenth(ends[index] ?? 0)}" x2="${field.right + 8}" y2="${tenth(at)}"/><g class="label">${text(field.right + 11, at + 4, label, 'start')}</g></g>`
    }),
  ])
}

function drawSeries({ className, points, marked }: Series, x: Scale, y: Scale): Markup {
  const place = (at: Point, value: number): string => `${tenth(x.at(at.x))},${tenth(y.at(value))}`
  const median = points.map((point) => place(point, point.y)).join(' ')
  const upper = points.map((point) => place(point, point.max))
  const lower = points.map((point) => place(point, point.min)).toReversed()
  const marks = points.map(
    (point) => markup`<circle cx="${tenth(x.at(point.x))}" cy="${tenth(y.at(point.y))}" r="3.5"/>`,
  )
  return markup`<g class="${className}"><polygon class="band" points="${[...upper, ...lower].join(' ')}"/><polyline points="${median}"/>${marked ? marks : []}</g>`
}

/** Heights at least `gap` apart, each as near to where it was asked for as the order allows, within the field. */
export function spreadOut(
  heights: readonly number[],
  gap: number,
  { top, bottom }: Pick<Field, 'top' | 'bottom'>,
): number[] {
  const order = heights.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at)
  let above = top - gap
  for (const each of order) above = each.at = Math.max(each.at, above + gap)
  let below = bottom + gap
  for (const each of order.toReversed()) below = each.at = Math.min(each.at, below - gap)
  return order.toSorted((a, b) => a.index - b.index).map(({ at }) => at)
}
