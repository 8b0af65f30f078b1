import type { MeasurementInfo, Results } from '../../results.js'
import { faultsOf, summariseCases } from '../../summaries.js'
import { aboutLines } from '../about.js'
import { faultLine } from '../faults.js'
import { formatMoment } from '../format.js'
import { type Markup, markup } from '../markup.js'
import { panels } from './chart-panel.js'
import { figureTable } from './figure-table.js'
import { ratioTable } from './ratio-table.js'
import { sections } from './sections.js'
import { style } from './style.js'

/** A page that tells the results, in one file. */
export function reportPage(results: Results): string {
  const body = [
    headOf(results),
    ...results.measurements.map((each) => measurementSection(results, each)),
    foot(results),
  ]
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The bench of cache-invalidation, ${results.date.slice(0, 10)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.toString()
}

function headOf(results: Results): Markup {
  const { date, machine, size, bars, repetitions } = results
  const all = Object.values(bars)
  const met = all.filter((bar) => bar.met).length
  const warning =
    size === 'smoke'
      ? markup`<p class="box">Tiny amounts, to show that it runs: these figures mean nothing.</p>`
      : undefined
  const ratioPart =
    all.length === 0 ? undefined : markup`<h2>In short: ${met} of ${all.length} bars reached</h2>${ratioTable(results)}`
  return markup`<header><h1>cache-invalidation, beside its peers</h1>
<p>Measured ${formatMoment(date)} on ${machine.cores} cores (${machine.cpu}). All in one run, in turns, ${repetitions} repetitions each: shown are the median, and the least and the greatest of them. Absolute figures are those of this machine under this load: it is the ratios that say something.</p>
${warning}</header>
<section>${ratioPart}${faultBox(results)}</section>
`
}

function faultBox(results: Results): Markup | undefined {
  const counted = results.measurements.some(({ figures }) => figures.some(({ fault }) => fault === true))
  if (!counted) return undefined
  const faults = faultsOf(results)
  if (faults.length === 0) return markup`<p>No message was lost, and nobody was disconnected.</p>`
  return markup`<div class="box"><h3>What went wrong while this was measured</h3><ul>${faults.map((fault) => markup`<li>${faultLine(fault)}</li>`)}</ul></div>`
}

function measurementSection(results: Results, { name, title }: MeasurementInfo): Markup | undefined {
  const cases = summariseCases(results, name)
  if (cases.length === 0) return undefined
  const section = sections[name]
  const charts = section?.charts(results, cases) ?? []
  const table = figureTable(cases)
  return markup`<section id="${name}"><h2>${title}</h2>
${section && markup`<p>${section.explanation}</p>`}
${panels(charts)}
${charts.length === 0 ? table : markup`<details><summary>The figures as a table</summary>${table}</details>`}
</section>
`
}

function foot(results: Results): Markup {
  return markup`<footer><h2>What it was measured on</h2><ul>${aboutLines(results, Infinity).map((line) => markup`<li>${line}</li>`)}</ul></footer>`
}
