import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test, vi } from 'vitest'
import { atEndOfTurn, outsideOfContexts } from '../../../src/support/async-context.js'
import { systemRuntime } from '../../../src/support/runtime.js'

const requests = new AsyncLocalStorage<unknown>()

test('a function outside of contexts sees no store, nor does what it starts; its caller keeps its own', async () => {
  const seen = await requests.run('request', async () => {
    const inside = outsideOfContexts(() => requests.getStore())
    const later = await outsideOfContexts(async () => {
      await Promise.resolve()
      return requests.getStore()
    })
    return { inside, later, caller: requests.getStore() }
  })
  expect(seen).toEqual({ inside: undefined, later: undefined, caller: 'request' })
})

test('outside of contexts a result is returned and an error thrown, and a store that is entered there ends with it', () => {
  requests.run(5, () => {
    expect(
      outsideOfContexts(() => {
        requests.enterWith(7)
        return requests.getStore()
      }),
    ).toBe(7)
    expect(outsideOfContexts(() => requests.getStore())).toBeUndefined()
    expect(() =>
      outsideOfContexts(() => {
        throw new Error('thrown')
      }),
    ).toThrow('thrown')
    expect(requests.getStore()).toBe(5)
  })
})

test('a listener that enters a context keeps it while it calls us, and we do not get it', () => {
  outsideOfContexts(() => {
    requests.run('listener', () => {
      expect(outsideOfContexts(() => requests.getStore())).toBeUndefined()
      expect(requests.getStore()).toBe('listener')
    })
  })
})

test('a library that is loaded inside a request does not keep the store of that request', async () => {
  vi.resetModules()
  const lazy = await requests.run({ request: 1 }, () => import('../../../src/support/async-context.js'))
  expect(lazy.outsideOfContexts).not.toBe(outsideOfContexts)
  expect(requests.run(2, () => lazy.outsideOfContexts(() => requests.getStore()))).toBeUndefined()
})

test('timers and the end of a turn are outside of contexts', async () => {
  const seen: unknown[] = []
  await requests.run('request', async () => {
    await new Promise<void>((resolve) => {
      atEndOfTurn(() => {
        seen.push(requests.getStore())
        resolve()
      })
    })
    await new Promise<void>((resolve) => {
      systemRuntime.after(0, () => {
        seen.push(requests.getStore())
        resolve()
      })
    })
  })
  expect(seen).toEqual([undefined, undefined])
})
