import type { Logger } from '../../src/index.js'

/** Takes what is told before `connect()` has resolved, where no listener can be attached yet. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
