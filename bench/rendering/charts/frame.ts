import { type Markup, markup } from '../markup.js'
import type { Scale } from './scale.js'

/** The field within a drawing that its axes enclose, in its units. */
export interface Field {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface Axes {
  readonly field: Field
  readonly x: Scale & { readonly title: string }
  readonly y: Scale & { readonly title: string }
}

/** A drawing of its own, with a title that is read aloud; its units are pixels where there is room enough. */
export function drawing(title: string, width: number, height: number, contents: readonly Markup[]): Markup {
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><title>${title}</title>${contents}</svg>`
}

/** Grid, ticks and titles of both axes. */
export function axes({ field: { left, right, top, bottom }, x, y }: Axes): Markup {
  return markup`<g class="grid">${y.ticks.map(({ value }) => line(left, y.at(value), right, y.at(value)))}${x.ticks.map(
    ({ value }) => line(x.at(value), top, x.at(value), bottom),
  )}</g><g class="ticks">${y.ticks.map(({ value, label }) => text(left - 6, y.at(value) + 4, label, 'end'))}${x.ticks.map(
    ({ value, label }) => text(x.at(value), bottom + 16, label, 'middle'),
  )}</g><g class="axis-title">${text(0, 12, y.title, 'start')}${text(right, bottom + 34, x.title, 'end')}</g>`
}

export function line(x1: number, y1: number, x2: number, y2: number): Markup {
  return markup`<line x1="${tenth(x1)}" y1="${tenth(y1)}" x2="${tenth(x2)}" y2="${tenth(y2)}"/>`
}

export function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): Markup {
  return markup`<text x="${tenth(x)}" y="${tenth(y)}" text-anchor="${anchor}">${content}</text>`
}

/** A tenth of a pixel is fine enough. */
export function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
