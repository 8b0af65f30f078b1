import { RedisError } from '../errors.js'
import type { LogCommands } from '../log/log.js'
import { delay, type Runtime } from '../runtime.js'

type Pages = Pick<LogCommands, 'readPage'>

/** Connections come back one by one: this one may be the last. */
const retryMs = 50

/** Reads pages as the log does, but waits out a connection that is down, until nobody wants them any more. */
export function patientPages(log: Pages, runtime: Runtime, isWanted: () => boolean): Pages {
  return {
    async readPage(from, count) {
      for (;;) {
        try {
          return await log.readPage(from, count)
        } catch (error) {
          if (!isWanted() || !isOutage(error)) throw error
          await delay(runtime, retryMs)
        }
      }
    },
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof RedisError && (error.kind === 'disconnected' || error.kind === 'timeout')
}
