import type { ErrorEvents, TypedEmitter } from '../../src/support/events.js'

/** Fails where an event does not come in time: a test waits for what happens, never for time to pass. */
export function within<T>(promise: Promise<T>, timeoutMs: number, what: string | (() => string)): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${typeof what === 'string' ? what : what()} did not happen within ${timeoutMs} ms`))
    }, timeoutMs)
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })
}

/** Resolves with the arguments of the next event of this name that passes the test. */
export function nextEvent<
  Events extends ErrorEvents & { [Each in keyof Events]: unknown[] },
  Name extends keyof Events & string,
>(
  emitter: TypedEmitter<Events>,
  name: Name,
  accept: (...args: Events[Name]) => boolean = () => true,
): Promise<Events[Name]> {
  return new Promise((resolve) => {
    emitter.on(name, (...args) => {
      if (accept(...args)) resolve(args)
    })
  })
}

/** Polls a condition that no event tells of, every few ms; fails where it does not come true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  what: string,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
