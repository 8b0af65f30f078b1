/**
 * A page in Markdown with what stands between `<!-- <place>:begin -->` and `<!-- <place>:end -->` replaced.
 *
 * @throws Error where the page has no such place
 */
export function replacePlace(page: string, place: string, text: string): string {
  const [begin, end] = [`<!-- ${place}:begin -->`, `<!-- ${place}:end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`Expected ${begin} and ${end} in the page that quotes the bench`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

/** A table with its columns aligned, as Prettier has it; those named by `right` on the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell: string, column: number): string =>
    right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  const lineOf = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (right.includes(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [lineOf(head), lineOf(rule), ...rows.map(lineOf)]
}
