import Table from 'cli-table3'
import { printable } from './format.js'
import type { Output } from './output.js'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** No lines: columns alone read well on a terminal, and can be cut apart in a pipe. */
const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Rows in columns under a head, which is bold on a terminal. Cells may hold text of others: it is made printable. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: Pick<Output, 'style'>,
): string {
  const table = new Table({
    chars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ align = 'left' }) => align),
  })
  table.push(
    columns.map(({ title }) => output.style('bold', title)),
    ...rows.map((row) => row.map(printable)),
  )
  const lines = table.toString().split('\n')
  return lines.map((line) => line.trimEnd()).join('\n')
}
