import { systemRuntime } from '../support/runtime.js'

/** How long a sweep may hold the event loop. Some more goes by until the clock is read again. */
const sliceMs = 1
/** How many names are looked at before the clock is read again. */
const namesBetweenReadings = 64

/**
 * Visits each name, in slices of {@link sliceMs} with a turn of the event loop between them. Returns a promise only if
 * one slice is not enough; it rejects with the signal's reason if that aborts.
 */
export function sweep(
  names: Iterable<unknown>,
  visit: (name: unknown) => void,
  signal: AbortSignal,
): void | Promise<void> {
  const iterator = names[Symbol.iterator]()
  if (isSliceTheLast(iterator, visit)) return
  return sweepOn(iterator, visit, signal)
}

async function sweepOn(names: Iterator<unknown>, visit: (name: unknown) => void, signal: AbortSignal): Promise<void> {
  do {
    await systemRuntime.yield()
    signal.throwIfAborted()
  } while (!isSliceTheLast(names, visit))
}

function isSliceTheLast(names: Iterator<unknown>, visit: (name: unknown) => void): boolean {
  const end = systemRuntime.monotonic() + sliceMs
  do {
    for (let count = 0; count < namesBetweenReadings; count++) {
      const next = names.next()
      if (next.done) return true
      visit(next.value)
    }
  } while (systemRuntime.monotonic() < end)
  return false
}
