import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as errors from '../../src/support/errors.js'
import { rowsUnder } from '../support/markdown.js'
import { misuses } from '../support/misuses.js'

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const [classTable = '', kindTable = ''] = page.split('\n## ')

test('the page has every class of error with its code, and no others', () => {
  const functions = Object.values(errors).filter((value) => typeof value === 'function')
  const concrete = functions.filter(({ prototype }) => prototype instanceof errors.InvalidationError)
  const expected = concrete.map((value) => {
    const error: unknown = Reflect.construct(value, ['reply', 'text'])
    return error instanceof errors.InvalidationError ? [error.name, error.code] : []
  })
  expect(expected.map(([, code]) => code).toSorted()).toEqual(Object.values(errors.InvalidationErrorCode).toSorted())
  expect(firstCells(classTable, 2)).toEqual(expected)
})

test('the page has every kind of RedisError, and no others', () => {
  // Typed, so that the compiler asks for a kind that is missing here.
  const kinds: Record<errors.RedisErrorKind, true> = {
    disconnected: true,
    timeout: true,
    readonly: true,
    moved: true,
    refused: true,
    replicas: true,
    reply: true,
  }
  expect(firstCells(kindTable, 1)).toEqual(Object.keys(kinds).map((kind) => [kind]))
})

test('the page has every reason of InvalidMessageError, and no others', () => {
  const reasons: Record<errors.InvalidMessageReason, true> = { json: true, size: true, field: true, version: true }
  expect(rowsUnder(page, 'Garbage').map(([reason]) => reason)).toEqual(
    Object.keys(reasons).map((reason) => `\`${reason}\``),
  )
})

test('the page has every misuse that is tested, with what comes of it, and no others', () => {
  const tested = Object.entries(misuses).flatMap(([file, committed]) =>
    committed.map(({ what, outcome, code }) => [
      what,
      outcome,
      code === 'none' ? code : `\`${code}\``,
      `[\`${file}\`](../${file})`,
    ]),
  )
  const [, table = ''] = page.split('\n## Misuse\n')
  const [, , ...rows] = table.split('\n').filter((line) => line.startsWith('|'))
  expect(rows.map(cellsOf)).toEqual(tested)
})

function cellsOf(row: string): string[] {
  const cells = row.split('|').slice(1, -1)
  return cells.map((cell) => cell.trim())
}

/** The first cells of each row of a table, without its head. */
function firstCells(table: string, count: number): string[][] {
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) => Array.from(row.split('|').slice(1, count + 1), (cell) => cell.trim().replaceAll('`', '')))
}
