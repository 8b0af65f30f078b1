import { constants } from 'node:os'

/** A signal asked us to end. */
export class Stopped extends Error {
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}; nothing is left behind.`)
    this.exitCode = exitCodeAfter(signal)
  }
}

export interface Stop {
  /** Aborts at the first signal that asks us to end, with a {@link Stopped} as its reason. */
  readonly signal: AbortSignal
  /** Rejects with it. */
  readonly stopped: Promise<never>
}

/** One press of Ctrl-C comes several times: from the terminal, and from those in between that pass it on. */
const onePressMs = 1_000

/** The first signal that asks us to end is told; one that comes later ends the process at once. */
export function stopOnSignal(): Stop {
  const controller = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  // Whoever waits for something else at that moment is not told twice.
  stopped.catch(() => undefined)
  let firstAt: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now()
      firstAt ??= now
      if (now - firstAt > onePressMs) process.exit(exitCodeAfter(name))
      const reason = new Stopped(name)
      reject(reason)
      controller.abort(reason)
    })
  }
  return { signal: controller.signal, stopped }
}

/** As a shell has it. */
function exitCodeAfter(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
