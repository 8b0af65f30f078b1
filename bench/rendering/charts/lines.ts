import { type Markup, markup } from '../markup.js'
import { axes, drawing, type Field, line, tenth, text } from './frame.js'
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

const width = 472
const height = 270
const field: Field = { left: 40, right: 326, top: 26, bottom: 222 }
const lineHeight = 15
const charactersInLine = 20

/** Lines, each with its range as a band and its name at its end. */
export function lineChart({ title, x, y, series }: LineChart): Markup {
  const scaleX = x.scale([field.left, field.right])
  const scaleY = y.scale([field.bottom, field.top])
  const drawn = series.filter(({ points }) => points.length > 0)
  return drawing(title, width, height, [
    axes({ field, x: { ...scaleX, title: x.title }, y: { ...scaleY, title: y.title } }),
    ...drawn.map((each) => drawSeries(each, scaleX, scaleY)),
    ...drawLabels(drawn, scaleX, scaleY),
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

/** The name of each line, right of the field and near the end of the line, to which a thin line leads. */
function drawLabels(series: readonly Series[], x: Scale, y: Scale): readonly Markup[] {
  const labels = series.map(({ label, className, points }) => {
    const end = points.at(-1)
    const lines = wrapWords(label, charactersInLine)
    return { className, lines, fromX: x.at(end?.x ?? 0) + 5, fromY: y.at(end?.y ?? 0) }
  })
  const tops = spreadOut(
    labels.map(({ fromY, lines }) => ({ at: fromY - lineHeight / 2, height: lines.length * lineHeight })),
    { top: 0, bottom: height },
  )
  return labels.map(({ className, lines, fromX, fromY }, index) => {
    const top = tops[index] ?? 0
    const leader = line(fromX, fromY, field.right + 10, top + lineHeight / 2)
    const words = lines.map((words, row) => text(field.right + 14, top + row * lineHeight + 11.5, words, 'start'))
    return markup`<g class="${className}"><g class="leader">${leader}</g><g class="label">${words}</g></g>`
  })
}

interface Extent {
  /** Where it begins, from the top. */
  readonly at: number
  readonly height: number
}

/** Where each begins so that none overlaps another, as near to where it wants to be as order and room allow. */
export function spreadOut(extents: readonly Extent[], { top, bottom }: Pick<Field, 'top' | 'bottom'>): number[] {
  const placed = extents.map((extent, index) => ({ ...extent, index })).toSorted((a, b) => a.at - b.at)
  let end = top
  for (const each of placed) {
    each.at = Math.max(each.at, end)
    end = each.at + each.height
  }
  let begin = bottom
  for (const each of placed.toReversed()) {
    each.at = Math.min(each.at, begin - each.height)
    begin = each.at
  }
  return placed.toSorted((a, b) => a.index - b.index).map(({ at }) => at)
}

function wrapWords(label: string, characters: number): readonly string[] {
  const lines: string[] = []
  for (const word of label.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > characters) lines.push(word)
    else lines.splice(-1, 1, `${last} ${word}`)
  }
  return lines
}
