import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { within } from './latch.js'

export interface ScriptProcessOptions {
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Modules to be loaded before the script, as paths. */
  readonly imports?: readonly string[]
}

/** A TypeScript file of test/support run as a process of its own, which prints JSON lines, and may read them. */
export class ScriptProcess {
  readonly lines: Record<string, unknown>[] = []
  readonly #child: ChildProcess
  #waiting: (() => void)[] = []

  constructor(file: string, args: readonly string[], { env = {}, imports = [] }: ScriptProcessOptions = {}) {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const loaded = ['tsx', ...imports].flatMap((module) => ['--import', module])
    this.#child = spawn(process.execPath, [...loaded, path, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    if (!this.#child.stdout) throw new Error(`${file} has no stdout`)
    createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Record<string, unknown>)
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  /** Resolves when the lines printed so far pass a test. */
  printed(isEnough: (lines: readonly Record<string, unknown>[]) => boolean, timeoutMs = 15_000): Promise<void> {
    return within(
      this.#until(isEnough),
      timeoutMs,
      () => `the process printed what was expected (${this.lines.length} lines)`,
    )
  }

  /** Sends a JSON line. */
  tell(line: object): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`)
  }

  /** What a field held, line by line, where it was printed. */
  values(field: string): unknown[] {
    return this.lines.filter((line) => field in line).map((line) => line[field])
  }

  /** `kill -9`; resolves when the process is gone and all it printed was read. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }

  async #until(isEnough: (lines: readonly Record<string, unknown>[]) => boolean): Promise<void> {
    while (!isEnough(this.lines)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
