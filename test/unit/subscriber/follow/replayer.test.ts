import { describe, expect, it } from 'vitest'
import type { Entry, Page } from '../../../../src/log/model/entry.js'
import type { ReplayStart } from '../../../../src/subscriber/follow/continuity.js'
import { PageLimit, type PageRequest, replay, type ReplayEnd } from '../../../../src/subscriber/follow/replayer.js'
import { systemRuntime } from '../../../../src/support/runtime.js'

/** A log of entries 1…n, each continuing the one before, that a test can change between two pages. */
class ScriptedLog {
  entries: Entry[]
  last: string | undefined
  /** Runs before the page of this number (from 1) is read. */
  readonly before = new Map<number, () => void>()
  pages = 0

  constructor(count: number) {
    this.entries = Array.from({ length: count }, (_, index) => entry(index + 1))
    this.last = count === 0 ? undefined : `e${count}`
  }

  readPage(from: string, { count }: PageRequest): Promise<Page> {
    this.before.get(++this.pages)?.()
    const start = from === '-' ? 0 : this.entries.findIndex((each) => idOf(each) >= Number(from.split('-')[0]))
    const entries = start < 0 ? [] : this.entries.slice(start, start + count)
    return Promise.resolve({ entries, last: this.last })
  }

  append(number: number): void {
    this.entries.push(entry(number))
    this.last = `e${number}`
  }
}

function entry(number: number): Entry {
  const prev = number === 1 ? '' : `e${number - 1}`
  return { position: { streamId: `${number}-0`, appendId: `e${number}` }, prev, frame: '{}' }
}

function idOf(each: Entry): number {
  return Number(each.position.streamId.split('-')[0])
}

async function run(log: ScriptedLog, start: ReplayStart, pageSize = 3): Promise<{ end: ReplayEnd; read: string[] }> {
  const read: string[] = []
  const end = await replay(start, {
    limit: new PageLimit(pageSize, () => undefined),
    monotonic: () => 0,
    yield: () => Promise.resolve(),
    readPage: (from, request) => log.readPage(from, request),
    head: () => Promise.resolve(log.last ?? log.entries.at(-1)?.position.appendId),
    accept: (entries) => {
      read.push(...entries.map((each) => each.position.appendId))
      return Promise.resolve(true)
    },
  })
  return { end, read }
}

const from = (number: number): ReplayStart => ({ at: 'entry', position: entry(number).position })
const names = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `e${first + index}`)

describe('a replay', () => {
  it('hands over what comes after its start, page by page, once each', async () => {
    expect(await run(new ScriptedLog(10), from(2))).toEqual({ end: 'caught-up', read: names(3, 10) })
  })

  it('hands over nothing where its start is the newest entry', async () => {
    expect(await run(new ScriptedLog(4), from(4))).toEqual({ end: 'caught-up', read: [] })
  })

  it('begins at the first entry where that continues what was accepted', async () => {
    const log = new ScriptedLog(6)
    log.entries.splice(0, 2)
    expect(await run(log, { at: 'first', prev: 'e2' })).toEqual({ end: 'caught-up', read: names(3, 6) })
  })

  it('begins at the first entry, whatever that continues, where nothing was accepted', async () => {
    const log = new ScriptedLog(6)
    log.entries.splice(0, 2)
    expect(await run(log, { at: 'first', prev: undefined })).toEqual({ end: 'caught-up', read: names(3, 6) })
  })

  it('has no place in an empty log where nothing was accepted', async () => {
    expect(await run(new ScriptedLog(0), { at: 'first', prev: undefined })).toEqual({ end: 'lost-place', read: [] })
  })

  it('takes in what is appended while it reads', async () => {
    const log = new ScriptedLog(4)
    log.before.set(2, () => {
      log.append(5)
      log.append(6)
    })
    expect(await run(log, from(1))).toEqual({ end: 'caught-up', read: names(2, 6) })
  })

  it('loses its place where the entry it goes on from is trimmed between two pages', async () => {
    const log = new ScriptedLog(8)
    log.before.set(2, () => log.entries.splice(0, 4))
    expect(await run(log, from(1))).toEqual({ end: 'lost-place', read: names(2, 3) })
  })

  it('loses its place where another history stands under the same ID', async () => {
    const log = new ScriptedLog(8)
    log.before.set(2, () => {
      log.entries[2] = { position: { streamId: '3-0', appendId: 'other' }, prev: 'e2', frame: '{}' }
    })
    expect(await run(log, from(1))).toEqual({ end: 'lost-place', read: names(2, 3) })
  })

  it('loses its place where the first entry no longer continues what was accepted', async () => {
    const log = new ScriptedLog(6)
    log.entries.splice(0, 3)
    expect(await run(log, { at: 'first', prev: 'e2' })).toEqual({ end: 'lost-place', read: [] })
  })

  it('has caught up where the log was emptied, and its last append is what was accepted', async () => {
    const log = new ScriptedLog(2)
    log.entries = []
    expect(await run(log, { at: 'first', prev: 'e2' })).toEqual({ end: 'caught-up', read: [] })
  })

  it('looks once more where `last` was evicted and something was appended meanwhile', async () => {
    const log = new ScriptedLog(3)
    log.last = undefined
    log.before.set(1, () => undefined)
    const read: string[] = []
    const heads = ['e4', 'e4']
    const end = await replay(from(1), {
      limit: new PageLimit(9, () => undefined),
      monotonic: () => 0,
      yield: () => Promise.resolve(),
      readPage: (start, request) => log.readPage(start, request),
      head: () => {
        if (log.entries.length === 3) log.entries.push(entry(4))
        return Promise.resolve(heads.shift())
      },
      accept: (entries) => {
        read.push(...entries.map((each) => each.position.appendId))
        return Promise.resolve(true)
      },
    })
    expect({ end, read }).toEqual({ end: 'caught-up', read: names(2, 4) })
  })

  it('is broken by an entry deleted in the middle, and hands over nothing of that page', async () => {
    const log = new ScriptedLog(8)
    log.entries.splice(4, 1)
    expect(await run(log, from(1))).toEqual({ end: 'broken', read: names(2, 3) })
  })

  it('is broken by an entry deleted at the end', async () => {
    const log = new ScriptedLog(5)
    log.entries.pop()
    expect(await run(log, from(3))).toEqual({ end: 'broken', read: ['e4'] })
  })

  it('asks for the head where `last` was evicted', async () => {
    const log = new ScriptedLog(5)
    log.last = undefined
    expect(await run(log, from(3))).toEqual({ end: 'caught-up', read: names(4, 5) })
  })

  it('is broken where `last` was evicted and the newest entry deleted', async () => {
    const log = new ScriptedLog(5)
    log.last = undefined
    const end = await replay(from(3), {
      limit: new PageLimit(3, () => undefined),
      monotonic: () => 0,
      yield: () => Promise.resolve(),
      readPage: (start, request) => log.readPage(start, request),
      head: () => Promise.resolve(undefined),
      accept: () => Promise.resolve(true),
    })
    expect(end).toBe('broken')
  })

  it('rejects with what the log rejects with', async () => {
    const log = new ScriptedLog(8)
    log.before.set(2, () => {
      throw new Error('gone')
    })
    await expect(run(log, from(1))).rejects.toThrow('gone')
  })

  it('lets the loop turn between asking for the next page and handing one over, so that both go on at once', async () => {
    const log = new ScriptedLog(7)
    const steps: string[] = []
    await replay(from(1), {
      limit: new PageLimit(4, () => undefined),
      monotonic: () => 0,
      yield: () => {
        steps.push('turn')
        return Promise.resolve()
      },
      readPage: (start, request) => {
        steps.push('read')
        return log.readPage(start, request)
      },
      head: () => Promise.resolve(log.last),
      accept: () => {
        steps.push('accept')
        return Promise.resolve(true)
      },
    })
    expect(steps).toEqual(['read', 'read', 'turn', 'accept', 'read', 'turn', 'accept'])
  })

  it('makes its pages longer where entries are small, and shorter where they are large', async () => {
    const log = new ScriptedLog(1_600)
    log.entries = log.entries.map((each, index) => (index < 1_300 ? each : { ...each, frame: 'x'.repeat(512 * 1024) }))
    const sizes: number[] = []
    await replay(from(1), {
      limit: new PageLimit(1_000, () => undefined),
      monotonic: () => 0,
      yield: () => Promise.resolve(),
      readPage: (start, request) => {
        sizes.push(request.count)
        return log.readPage(start, request)
      },
      head: () => Promise.resolve(log.last),
      accept: () => Promise.resolve(true),
    })
    expect(sizes.slice(0, 4)).toEqual([16, 64, 256, 400])
    expect(sizes.at(-1)).toBe(2)
  })

  it('reads small entries as they are while it waits for the log, and joined once the handler is what takes longer', async () => {
    const log = new ScriptedLog(5_000)
    const asked: boolean[] = []
    let now = 0
    await replay(from(1), {
      limit: new PageLimit(1_000, () => undefined),
      monotonic: () => now,
      yield: () => Promise.resolve(),
      readPage: async (start, request) => {
        asked.push(request.joined)
        const waitedMs = asked.length < 5 ? 100 : 1
        await systemRuntime.yield()
        now += waitedMs
        return log.readPage(start, request)
      },
      head: () => Promise.resolve(log.last),
      accept: () => {
        now += 10
        return Promise.resolve(true)
      },
    })
    expect(asked.slice(3, 5)).toEqual([false, false])
    expect(asked.at(-1)).toBe(true)
  })
})
