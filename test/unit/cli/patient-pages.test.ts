import { expect, it } from 'vitest'
import { patientPages } from '../../../src/cli/read-range.js'
import type { Page } from '../../../src/log/model/entry.js'
import { RedisError, type RedisErrorKind } from '../../../src/support/errors.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

const page: Page = { entries: [], last: 'aa' }

/** A log that fails so, time after time, before it answers. */
function failing(...kinds: RedisErrorKind[]): { readPage(): Promise<Page> } {
  return {
    readPage: () => {
      const kind = kinds.shift()
      return kind === undefined ? Promise.resolve(page) : Promise.reject(new RedisError(kind, `it is ${kind}`))
    },
  }
}

it('a page is read when the connection is back', async () => {
  const runtime = new VirtualRuntime()
  const pages = patientPages(failing('disconnected', 'timeout', 'disconnected'), runtime, () => true)
  expect(await runtime.runUntil(pages.readPage('-', 1), 1_000)).toEqual(page)
})

it('a page for which the connection is cut each time is read in smaller parts', async () => {
  const runtime = new VirtualRuntime()
  const entries = Array.from({ length: 50 }, (_, index) => {
    const position = { streamId: `${index}-0`, appendId: `a${index}` }
    return { position, prev: index === 0 ? '' : `a${index - 1}`, frame: '{"frame":[]}' }
  })
  const limited = {
    readPage: (from: string, count: number): Promise<Page> => {
      if (count > 7) return Promise.reject(new RedisError('disconnected', 'the page is too large'))
      const first = Math.max(
        0,
        entries.findIndex(({ position }) => position.streamId === from),
      )
      return Promise.resolve({ entries: entries.slice(first, first + count), last: 'a49' })
    },
  }
  const pages = patientPages(limited, runtime, () => true)
  const read = await runtime.runUntil(pages.readPage('-', 40), 60_000)
  expect(read.entries.slice(0, 40)).toEqual(entries.slice(0, 40))
  expect(await runtime.runUntil(pages.readPage('10-0', 100), 60_000)).toEqual({
    entries: entries.slice(10),
    last: 'a49',
  })
})

it('what passes by no waiting is thrown at once', async () => {
  const pages = patientPages(failing('refused'), new VirtualRuntime(), () => true)
  await expect(pages.readPage('-', 1)).rejects.toThrow('it is refused')
})

it('nobody waits for a page that is not wanted any more', async () => {
  const pages = patientPages(failing('disconnected', 'disconnected'), new VirtualRuntime(), () => false)
  await expect(pages.readPage('-', 1)).rejects.toThrow('it is disconnected')
})
