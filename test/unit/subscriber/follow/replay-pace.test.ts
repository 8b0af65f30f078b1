import { describe, expect, it } from 'vitest'
import type { Entry, Page } from '../../../../src/log/model/entry.js'
import { ReplayPace } from '../../../../src/subscriber/follow/replayer.js'

function page(count: number, characters: number): Page {
  const entry: Entry = { position: { streamId: '1-0', appendId: 'a' }, prev: '', frame: 'x'.repeat(characters) }
  return { entries: Array.from({ length: count }, () => entry), last: undefined }
}

/** Has read pages of so many characters an entry, each of them waited for and handed over for so long. */
function readingOf(characters: number, waitedMs: number, handedOverMs: number): ReplayPace {
  const pace = new ReplayPace(1_000)
  for (let index = 0; index < 5; index++) pace.read(page(pace.next.count, characters), waitedMs, handedOverMs)
  return pace
}

describe('the pace of a replay', () => {
  it('begins with entries as they are: they may be large', () => {
    expect(new ReplayPace(1_000).next).toEqual({ count: 16, joined: false })
  })

  it('has small entries joined while handing over takes the time', () => {
    expect(readingOf(200, 1, 2).next).toEqual({ count: 400, joined: true })
    expect(readingOf(200, 4, 0).next).toEqual({ count: 400, joined: true })
    expect(readingOf(200, 900, 1_000).next).toEqual({ count: 400, joined: true })
  })

  it('reads small entries as they are, and more of them, while it waits for the log', () => {
    expect(readingOf(200, 20, 2).next).toEqual({ count: 1_000, joined: false })
  })

  it('has them joined again when it waits no longer', () => {
    const pace = readingOf(200, 20, 2)
    pace.read(page(1_000, 200), 2, 2)
    expect(pace.next.joined).toBe(true)
  })

  it('reads larger entries as they are', () => {
    expect(readingOf(4_096, 1, 2).next).toEqual({ count: 256, joined: false })
  })

  it('keeps to its limit', () => {
    const pace = new ReplayPace(5)
    for (let index = 0; index < 5; index++) pace.read(page(5, 200), 1, 2)
    expect(pace.next).toEqual({ count: 5, joined: true })
  })
})
