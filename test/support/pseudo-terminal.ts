import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from './latch.js'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Whether there is one to be had: util-linux' `script` makes it. */
export const hasPseudoTerminal = process.platform === 'linux'

/** The command line as a process at a terminal: what a person sees, and can type. */
export class PseudoTerminal {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>
  /** All that was written to the terminal, control characters included. */
  screen = ''

  /** @param redirection what a shell does with its output, such as `2>/dev/null | cat` */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, redirection = '') {
    const words = [process.execPath, '--import', 'tsx', main, ...args].map((word) => `'${word}'`)
    const command = `${redirection === '' ? 'exec ' : ''}${words.join(' ')} ${redirection}`
    this.#process = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...process.env, NO_COLOR: undefined, TERM: 'xterm', ...env },
    })
    this.#process.stdout.on('data', (chunk: Buffer) => (this.screen += chunk.toString()))
    this.#closed = once(this.#process, 'close')
  }

  type(keys: string): void {
    this.#process.stdin.write(keys)
  }

  /** Resolves when the screen shows a text. */
  shows(text: string, timeoutMs = 15_000): Promise<void> {
    return within(this.#until(text), timeoutMs, () => `${text} on the screen, which shows:\n${this.screen}`)
  }

  /** Resolves to the exit code. */
  async ended(timeoutMs = 15_000): Promise<number | null> {
    await within(this.#closed, timeoutMs, () => `the end of the command, after:\n${this.screen}`)
    return this.#process.exitCode
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  async #until(text: string): Promise<void> {
    while (!this.screen.includes(text)) await Promise.race([once(this.#process.stdout, 'data'), this.#gone(text)])
  }

  async #gone(text: string): Promise<never> {
    await this.#closed
    throw new Error(`The command ended without ${text} on the screen, which shows:\n${this.screen}`)
  }
}
