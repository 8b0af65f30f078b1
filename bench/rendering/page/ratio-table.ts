import { ratios, spreadOf } from '../../ratios.js'
import type { Results } from '../../results.js'
import { meter } from '../charts/meter.js'
import { formatBar, formatMeasured } from '../format.js'
import { type Markup, markup } from '../markup.js'

/** How we do beside the others, by each ratio that was measured. */
export function ratioTable({ ratios: values, bars, runs }: Results): Markup {
  const rows = ratios.flatMap((ratio) => {
    const [value, bar, spread] = [values[ratio.name], bars[ratio.name], spreadOf(ratio, runs)]
    if (value === undefined || bar === undefined || spread === undefined) return []
    const [least, greatest] = [spread.min, spread.max].map((each) => formatMeasured(each, ratio.unit))
    const verdict = bar.met ? markup`<span class="met">✓ met</span>` : markup`<span class="unmet">✗ not met</span>`
    return [
      markup`<tr><th scope="row">${ratio.meaning}<code>${ratio.name}</code></th><td class="number"><strong>${formatMeasured(value, ratio.unit, bar)}</strong><small>${least} to ${greatest}</small></td><td>${meter(value, bar)}</td><td>${formatBar(bar, ratio.unit)}${verdict}</td></tr>
`,
    ]
  })
  return markup`<div class="scroll"><table class="ratios">
<thead><tr><th>what</th><th class="number">measured</th><th aria-hidden="true"></th><th>bar</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>`
}
