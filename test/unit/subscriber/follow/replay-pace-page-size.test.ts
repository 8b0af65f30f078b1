import { describe, expect, it } from 'vitest'
import type { Entry, Page } from '../../../../src/log/model/entry.js'
import { PageSize } from '../../../../src/subscriber/follow/replayer.js'

const kibibyte = 1024

function page(count: number, characters: number): Page {
  const entry: Entry = { position: { streamId: '1-0', appendId: 'a' }, prev: '', frame: 'x'.repeat(characters) }
  return { entries: Array.from({ length: count }, () => entry), last: undefined }
}

/** The counts of the pages that follow those of so many characters an entry, the first page's in front. */
function counts(size: PageSize, ...characters: number[]): number[] {
  const found = [size.count]
  for (const each of characters) {
    size.read(page(size.count, each))
    found.push(size.count)
  }
  return found
}

describe('the size of a page', () => {
  it('begins small enough for full frames, and grows fourfold a page where entries are small', () => {
    expect(counts(new PageSize(1_000), 200, 200, 200, 200)).toEqual([16, 64, 256, 1_000, 1_000])
  })

  it('stays at about 1 MiB where every frame is full', () => {
    expect(counts(new PageSize(1_000), 64 * kibibyte, 64 * kibibyte)).toEqual([16, 16, 16])
  })

  it('shrinks at once where entries become large, and grows again step by step', () => {
    const size = new PageSize(1_000)
    counts(size, 200, 200, 200)
    expect(counts(size, 64 * kibibyte, 200, 200)).toEqual([1_000, 16, 64, 256])
  })

  it('is never less than two entries, and never more than the limit', () => {
    expect(counts(new PageSize(1_000), 10 * 1_024 * kibibyte)).toEqual([16, 2])
    expect(counts(new PageSize(5), 200, 200)).toEqual([5, 5, 5])
    expect(counts(new PageSize(2), 200)).toEqual([2, 2])
  })

  it('learns nothing from a page without entries, and grows over frames that are empty', () => {
    const size = new PageSize(1_000)
    size.read(page(0, 0))
    expect(counts(size, 0, 0, 0, 0)).toEqual([16, 64, 256, 1_000, 1_000])
  })
})
