import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'

const timeoutMs = 20_000

export interface ScriptOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** The Node to run it on. Default: the one that runs the tests. */
  readonly node?: string
}

/** A Node script in a process of its own. */
export class RunningScript {
  readonly #file: string
  readonly #process: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>
  #stdout = ''
  #stderr = ''

  constructor(file: string, { cwd, env, node = process.execPath }: ScriptOptions) {
    this.#file = file
    this.#process = spawn(node, [file], { cwd, env: { ...process.env, ...env } })
    this.#process.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.#process.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.#closed = once(this.#process, 'close')
  }

  get lines(): string[] {
    return this.#stdout.split('\n').filter((line) => line !== '')
  }

  /** Resolves when it has printed a line that ends so; rejects when it exits before, or at a deadline. */
  async printed(ending: string): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs)
    while (!this.lines.some((line) => line.endsWith(ending))) {
      const more = once(this.#process.stdout, 'data', { signal: deadline })
      const ended = await Promise.race([more.then(() => false), this.#closed.then(() => true)]).catch(() => true)
      if (ended && !this.lines.some((line) => line.endsWith(ending))) {
        throw new Error(`${this.#file} did not print "${ending}":\n${this.#stdout}${this.#stderr}`)
      }
    }
  }

  /** Resolves when it has ended, within `limitMs` from now, with exit code 0 and nothing on stderr. */
  async succeeded(limitMs = timeoutMs): Promise<void> {
    let outcome = ''
    const timer = setTimeout(() => {
      outcome = `did not end within ${limitMs} ms`
      this.#process.kill('SIGKILL')
    }, limitMs)
    await this.#closed
    clearTimeout(timer)
    if (this.#process.exitCode !== 0 || this.#stderr !== '') {
      outcome ||= `ended with ${String(this.#process.exitCode ?? this.#process.signalCode)}`
      throw new Error(`${this.#file} ${outcome}:\n${this.#stdout}${this.#stderr}`)
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }
}
