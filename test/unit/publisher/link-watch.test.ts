import { expect, test } from 'vitest'
import { LinkWatch } from '../../../src/publisher/link-watch.js'
import { RedisError } from '../../../src/support/errors.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'
import { settled } from './fixtures.js'

function createWatch(): {
  readonly runtime: VirtualRuntime
  readonly watch: LinkWatch
  readonly link: { up: boolean }
  /** The looks so far, to be answered by the test. */
  readonly looks: PromiseWithResolvers<undefined>[]
  readonly errors: Error[]
  readonly opened: () => number
} {
  const runtime = new VirtualRuntime()
  const link = { up: true }
  const looks: PromiseWithResolvers<undefined>[] = []
  const errors: Error[] = []
  let opened = 0
  const watch = new LinkWatch({
    runtime,
    heartbeatMs: 100,
    isUp: () => link.up,
    look: async () => {
      const settlers = Promise.withResolvers<undefined>()
      looks.push(settlers)
      await settlers.promise
    },
    onLooked: () => opened++,
    onError: (error) => errors.push(error),
  })
  return { runtime, watch, link, looks, errors, opened: () => opened }
}

test('looks with every heartbeat, one look at a time', async () => {
  const { runtime, looks } = createWatch()
  await runtime.advance(100)
  expect(looks).toHaveLength(1)
  await runtime.advance(200)
  expect(looks).toHaveLength(1)
  looks[0]?.resolve(undefined)
  await runtime.advance(100)
  expect(looks).toHaveLength(2)
})

test('a check during a look makes one more look before anything is sent', async () => {
  const { watch, looks, opened } = createWatch()
  watch.check()
  watch.check()
  looks[0]?.resolve(undefined)
  await settled()
  expect([looks.length, opened()]).toEqual([2, 0])
  looks[1]?.resolve(undefined)
  await settled()
  expect([looks.length, opened()]).toEqual([2, 1])
})

test('nothing is sent over a link that went down during the look', async () => {
  const { watch, looks, link, opened, errors } = createWatch()
  watch.check()
  link.up = false
  looks[0]?.reject(new RedisError('disconnected', 'gone'))
  await settled()
  expect([opened(), errors]).toEqual([0, []])
})

test('a look that fails over a link that is up is told once, and sending goes on', async () => {
  const { runtime, looks, opened, errors, watch } = createWatch()
  for (const n of [0, 1]) {
    await runtime.advance(100)
    looks[n]?.reject(new RedisError('reply', 'BUSY'))
    await settled()
    expect([opened(), watch.failing]).toEqual([n + 1, true])
  }
  expect(errors).toHaveLength(1)
  await runtime.advance(100)
  looks[2]?.resolve(undefined)
  await settled()
  expect(watch.failing).toBe(false)
})

test('while the link is down, and after closing, nobody looks', async () => {
  const { runtime, watch, link, looks } = createWatch()
  link.up = false
  await runtime.advance(1_000)
  link.up = true
  watch.close()
  await runtime.advance(1_000)
  expect(looks).toHaveLength(0)
})
