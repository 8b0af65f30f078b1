/** The cells of the tables under a heading of a page, row by row, without their heads. */
export function rowsUnder(page: string, title: string): string[][] {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
