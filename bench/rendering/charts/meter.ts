import type { Bar } from '../../results.js'
import { type Markup, markup } from '../markup.js'
import { tenth } from './frame.js'
import { linearScale } from './scale.js'

const width = 160
const height = 20

/** A value as a bar from 0, with a mark where the bar to reach is. What it shows stands beside it in words. */
export function meter(value: number, { bar, met }: Bar): Markup {
  const scale = linearScale(Math.max(value, bar, 0) * 1.05, [0, width])
  const x = tenth(scale.at(bar))
  return markup`<svg class="meter" viewBox="0 0 ${width} ${height}" aria-hidden="true"><rect class="${met ? 'met' : 'unmet'}" x="0" y="5" width="${tenth(Math.max(0, scale.at(value)))}" height="10" rx="1.5"/><line class="mark" x1="${x}" y1="0" x2="${x}" y2="${height}"/></svg>`
}
