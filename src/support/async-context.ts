import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/** These only number a resource; its other symbols hold the stores of the application, or lead to them. */
const numbering = new Set<string | undefined>(['async_id_symbol', 'trigger_async_id_symbol'])

/** This module may be loaded inside a request: the resource then begins with the stores of that request. */
const empty = createResource()
forgetStores()
/** True before Node 24: `enterWith()` then leaves its store on the resource. */
const storesAreOnResources = new AsyncLocalStorage().run(empty, () => {
  const probe = createResource()
  return Object.getOwnPropertySymbols(probe).some((key) => Reflect.get(probe, key) === empty)
})

function createResource(): AsyncResource {
  return new AsyncResource('CacheInvalidation', { requireManualDestroy: true })
}

function forgetStores(): void {
  for (const key of Object.getOwnPropertySymbols(empty)) {
    if (!numbering.has(key.description)) Reflect.set(empty, key, undefined)
  }
}

/**
 * Runs a function outside of every async context of the application: in it, and in all that it starts, `getStore()` of
 * any AsyncLocalStorage returns undefined. Returns what it returns; throws what it throws.
 *
 * What outlives a call of the application begins in here: connections, timers, queues, and what they call. Otherwise it
 * would run in the context of the call that happened to start it, and keep that context in memory.
 */
export function outsideOfContexts<T>(run: () => T): T {
  if (!storesAreOnResources) return empty.runInAsyncScope(run)
  try {
    return empty.runInAsyncScope(run)
  } finally {
    forgetStores()
  }
}

/**
 * Calls a function when the current turn ends, outside of every async context of the application. It must not throw.
 * Fake timers may replace `queueMicrotask`, but not promises.
 */
export function atEndOfTurn(run: () => void): void {
  outsideOfContexts(() => {
    void Promise.resolve().then(run)
  })
}
