import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { within } from './latch.js'

export interface ScriptOptions {
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Modules to be loaded before the script. */
  readonly imports?: readonly string[]
  /** The Node to run it on. Default: the one that runs the tests. */
  readonly node?: string
  /** How long it is waited for each time. Default: 20 s. */
  readonly timeoutMs?: number
}

export interface EndedScript {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A Node script in a process of its own, which is killed where it does not do in time what is waited for. */
export class RunningScript {
  readonly #file: string
  readonly #timeoutMs: number
  readonly #process: ChildProcess
  readonly #closed: Promise<unknown>
  readonly #waiting: (() => void)[] = []
  #stdout = ''
  #stderr = ''

  constructor(file: string, options: ScriptOptions = {}) {
    const { args = [], cwd, env, imports = [], node = process.execPath, timeoutMs = 20_000 } = options
    this.#file = file
    this.#timeoutMs = timeoutMs
    const loaded = imports.flatMap((module) => ['--import', module])
    const child = spawn(node, [...loaded, file, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk: Buffer) => this.#hear(() => (this.#stdout += chunk.toString())))
    child.stderr.on('data', (chunk: Buffer) => this.#hear(() => (this.#stderr += chunk.toString())))
    this.#process = child
    this.#closed = once(child, 'close')
  }

  get lines(): string[] {
    return this.#stdout.split('\n').filter((line) => line !== '')
  }

  /** Resolves when it has printed a line that ends so; rejects when it exits before. */
  printed(ending: string): Promise<void> {
    return this.#until(() => this.lines.some((line) => line.endsWith(ending)), `printing "${ending}"`)
  }

  /** Resolves when it has printed a line like that; rejects when it exits before. */
  printedLike(what: RegExp): Promise<void> {
    return this.#until(() => what.test(this.#stdout), `printing ${what.source}`)
  }

  /** Resolves when it has said so on stderr; rejects when it exits before. */
  says(what: RegExp): Promise<void> {
    return this.#until(() => what.test(this.#stderr), `saying ${what.source} on stderr`)
  }

  /** Resolves when it has ended. */
  async ended(limitMs = this.#timeoutMs): Promise<EndedScript> {
    await this.#within(this.#closed, limitMs, 'its end')
    return { code: this.#process.exitCode, stdout: this.#stdout, stderr: this.#stderr }
  }

  /** Resolves when it has ended, within `limitMs` from now, with exit code 0 and nothing on stderr. */
  async succeeded(limitMs?: number): Promise<void> {
    const { code, stderr } = await this.ended(limitMs)
    if (code !== 0 || stderr !== '')
      throw new Error(this.#withOutput(`ended with ${String(code ?? this.#process.signalCode)}`))
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  #hear(keep: () => void): void {
    keep()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #until(isEnough: () => boolean, what: string): Promise<void> {
    const hearing = async (): Promise<void> => {
      while (!isEnough()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const ending = this.#closed.then(() => {
      if (!isEnough()) throw new Error(this.#withOutput(`ended before ${what}`))
    })
    await this.#within(Promise.race([hearing(), ending]), this.#timeoutMs, what)
  }

  async #within(promise: Promise<unknown>, limitMs: number, what: string): Promise<void> {
    try {
      await within(promise, limitMs, () => this.#withOutput(what))
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  #withOutput(what: string): string {
    return `${this.#file}: ${what}, after:\n${this.#stdout}${this.#stderr}`
  }
}
