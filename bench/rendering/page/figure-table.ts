import type { CaseSummary } from '../../summaries.js'
import { formatFigure, formatRatio } from '../format.js'
import { type Markup, markup } from '../markup.js'

/** All figures of these cases, by which the charts were drawn. */
export function figureTable(cases: readonly CaseSummary[]): Markup {
  return markup`<div class="scroll"><table>
<thead><tr><th>case</th><th>figure</th><th>variant</th><th class="number">median</th><th class="number">min</th><th class="number">max</th><th class="number">ours / this</th></tr></thead>
${cases.map((each) => markup`<tbody>${caseRows(each)}</tbody>`)}
</table></div>`
}

function caseRows({ name, figures }: CaseSummary): readonly Markup[] {
  return figures.flatMap(({ title, unit, variants }, figureIndex) =>
    variants.map(({ title: variant, median, min, max, oursOverThis }, index) => {
      const isFirst = index === 0
      const numbers = [median, min, max].map((value) => markup`<td class="number">${formatFigure(value)}</td>`)
      const ratio = oursOverThis === undefined ? '' : formatRatio(oursOverThis)
      return markup`<tr><td>${isFirst && figureIndex === 0 ? name : ''}</td><td>${isFirst ? `${title} (${unit})` : ''}</td><td>${variant}</td>${numbers}<td class="number">${ratio}</td></tr>
`
    }),
  )
}
