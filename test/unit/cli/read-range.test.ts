import { expect, test } from 'vitest'
import { readRange } from '../../../src/cli/read-range.js'
import type { Entry, Page } from '../../../src/log/model/entry.js'
import type { Position } from '../../../src/log/model/position.js'

/** Entries of a chain, named by their number. */
function chain(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    position: { streamId: `${index + 1}-0`, appendId: `a${index + 1}` },
    prev: index === 0 ? '' : `a${index}`,
    frame: '{}',
  }))
}

/** A log that holds these entries, and is changed when its first page was read. */
function logOf(entries: Entry[], change: () => void = () => undefined) {
  const last = entries.at(-1)?.position.appendId
  let pages = 0
  return {
    readPage(from: string, count: number): Promise<Page> {
      const start = entries.findIndex(({ position }) => parseInt(position.streamId) >= parseInt(from))
      const page = { entries: start < 0 ? [] : entries.slice(start, start + count), last }
      if (pages++ === 0) change()
      return Promise.resolve(page)
    },
  }
}

async function read(log: ReturnType<typeof logOf>, to?: string): Promise<{ ids: string[]; gaps: unknown[] }> {
  const [ids, gaps]: [string[], unknown[]] = [[], []]
  const onGap = (after: Position, before: Position | undefined): void =>
    void gaps.push([after.appendId, before?.appendId])
  for await (const { position } of readRange(log, { from: '0', to }, onGap)) ids.push(position.appendId)
  return { ids, gaps }
}

test.each([0, 1, 15, 16, 17, 79, 334, 1_333, 1_334, 2_500])(
  '%i entries are read once each, over all pages',
  async (count) => {
    const entries = chain(count)
    expect(await read(logOf(entries))).toEqual({ ids: entries.map(({ position }) => position.appendId), gaps: [] })
  },
)

test('it ends with the last entry of the range', async () => {
  expect((await read(logOf(chain(2_500)), '1200-5')).ids).toHaveLength(1_200)
})

test('entries deleted from the middle are told of', async () => {
  const entries = chain(5)
  entries.splice(2, 1)
  expect(await read(logOf(entries))).toEqual({ ids: ['a1', 'a2', 'a4', 'a5'], gaps: [['a2', 'a4']] })
})

test('what is trimmed between two pages is told of, unless it was read already', async () => {
  const overtaken = chain(2_000)
  expect((await read(logOf(overtaken, () => overtaken.splice(0, 1_500)))).gaps).toEqual([['a16', 'a1501']])
  const keptUp = chain(2_000)
  expect((await read(logOf(keptUp, () => keptUp.splice(0, 16)))).gaps).toEqual([])
})

test('a log emptied between two pages is told of', async () => {
  const entries = chain(1_500)
  const { ids, gaps } = await read(logOf(entries, () => entries.splice(0)))
  expect(ids).toHaveLength(16)
  expect(gaps).toEqual([['a16', undefined]])
})
