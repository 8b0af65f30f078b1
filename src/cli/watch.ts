import { RedisError } from '../support/errors.js'
import { delay } from '../support/runtime.js'
import type { CommandSession } from './command-session.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { formatDuration, printable } from './format.js'
import { onQuitKeys, Screen } from './screen.js'

/**
 * Draws a text again and again on a terminal, until `q` is pressed or it is interrupted. A server that goes away ends
 * nothing: that it is away is drawn, until it is back.
 */
export async function watch(
  session: CommandSession,
  everyMs: number,
  render: () => Promise<string>,
): Promise<ExitCode> {
  const { output, runtime, stdin } = session
  const keys = new AbortController()
  let exitCode: ExitCode = exitCodes.ok
  const stopKeys = onQuitKeys(stdin, {
    onQuit: () => keys.abort(),
    onInterrupt: () => {
      exitCode = exitCodes.interrupted
      keys.abort()
    },
  })
  const signal = AbortSignal.any([session.signal, keys.signal])
  const hint = output.style('dim', `every ${formatDuration(everyMs)}; q ends`)
  const screen = await Screen.open(output)
  try {
    while (!signal.aborted) {
      await screen.draw(`${hint}\n${await textOrFailure(render)}`)
      await delay(runtime, everyMs, signal)
    }
    return exitCode
  } finally {
    stopKeys()
    await screen.close()
  }
}

/** Prints again and again, until it is interrupted; tells of a server that goes away, and goes on. */
export async function repeat(session: CommandSession, everyMs: number, print: () => Promise<void>): Promise<ExitCode> {
  const { output, runtime, signal } = session
  while (!signal.aborted) {
    try {
      await print()
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      if (!signal.aborted) output.warn(error.message)
    }
    await delay(runtime, everyMs, signal)
  }
  return exitCodes.ok
}

async function textOrFailure(render: () => Promise<string>): Promise<string> {
  try {
    return await render()
  } catch (error) {
    if (error instanceof RedisError) return printable(error.message)
    throw error
  }
}
