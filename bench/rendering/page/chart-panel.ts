import { type Markup, markup } from '../markup.js'

/** A chart with its heading, as one of several beside each other. */
export function panel(heading: string, note: string, chart: Markup): Markup {
  return markup`<figure><figcaption><strong>${heading}</strong> <span class="note">${note}</span></figcaption>${chart}</figure>`
}

export function panels(all: readonly Markup[]): Markup | undefined {
  return all.length === 0 ? undefined : markup`<div class="panels">${all}</div>`
}
