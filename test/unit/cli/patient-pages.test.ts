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
  expect(await runtime.runUntil(pages.readPage('-', 1), 1_000)).toBe(page)
})

it('what waiting does not mend is thrown at once', async () => {
  const pages = patientPages(failing('refused'), new VirtualRuntime(), () => true)
  await expect(pages.readPage('-', 1)).rejects.toThrow('it is refused')
})

it('nobody waits for a page that is not wanted any more', async () => {
  const pages = patientPages(failing('disconnected', 'disconnected'), new VirtualRuntime(), () => false)
  await expect(pages.readPage('-', 1)).rejects.toThrow('it is disconnected')
})
