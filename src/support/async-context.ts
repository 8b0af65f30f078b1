import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/** These only number a resource; its other symbols hold the stores of the application, or lead to them. */
const numbering = new Set<string | undefined>(['async_id_symbol', 'trigger_async_id_symbol'])

/** This module may be loaded inside a request: the resource then begins with the stores of that request. */
const empty = createResource()
forgetStores()
/** True before Node 24, or with its flag for the old way: `enterWith()` then leaves its store on the resource. */
const storesAreOnResources = doStoresStay()

function createResource(): AsyncResource {
  return new AsyncResource('CacheInvalidation', { requireManualDestroy: true })
}

function doStoresStay(): boolean {
  const storage = new AsyncLocalStorage<boolean>()
  empty.runInAsyncScope(() => storage.enterWith(true))
  const isThere = empty.runInAsyncScope(() => storage.getStore() === true)
  forgetStores()
  return isThere
}

function storeKeys(): readonly symbol[] {
  return Object.getOwnPropertySymbols(empty).filter(({ description }) => !numbering.has(description))
}

function forgetStores(): void {
  for (const key of storeKeys()) Reflect.set(empty, key, undefined)
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
  // A listener that we called may have stores of its own there, which it needs again.
  const outer = storeKeys().map((key) => [key, Reflect.get(empty, key)] as const)
  forgetStores()
  try {
    return empty.runInAsyncScope(run)
  } finally {
    forgetStores()
    for (const [key, store] of outer) Reflect.set(empty, key, store)
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
