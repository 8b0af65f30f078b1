import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const loaders = [import.meta.resolve('tsx'), new URL('processes/mutated-sources.ts', import.meta.url).href]

export interface WorkerOptions<News extends object> {
  /** A file of test/soak/processes. */
  readonly script: string
  readonly config: object
  /** Takes what it prints on stderr. */
  readonly log: WriteStream
  readonly isNews: (line: unknown) => line is News
  readonly onNews: (news: News) => void
  /** It ended, and nobody had killed it. */
  readonly onDied: (how: string) => void
}

/** A process of the soak: a line of JSON is an order in one direction, news in the other. */
export class Worker<Order extends object, News extends object> {
  readonly #child: ChildProcess
  #killed = false

  constructor({ script, config, log, isNews, onNews, onDied }: WorkerOptions<News>) {
    const path = fileURLToPath(new URL(`processes/${script}`, import.meta.url))
    const loaded = loaders.flatMap((loader) => ['--import', loader])
    // In a group of its own: a Ctrl-C at the terminal is for the soak, which ends its processes in order. They end with
    // their stdin, however the soak may die.
    this.#child = spawn(process.execPath, [...loaded, path, JSON.stringify(config)], { stdio: 'pipe', detached: true })
    this.#child.stderr?.pipe(log, { end: false })
    // A process that was killed reads no more orders.
    this.#child.stdin?.on('error', () => undefined)
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => {
        const news = this.#parse(line)
        if (isNews(news)) onNews(news)
        else if (!this.#killed) throw new Error(`${script} said what is not understood: ${line}`)
      })
    }
    this.#child.on('error', (error) => onDied(error.message))
    this.#child.on('close', (code, signal) => {
      if (!this.#killed) onDied(`ended with ${code ?? signal ?? 'nothing'}`)
    })
  }

  tell(order: Order): void {
    if (!this.#killed) this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
  }

  /** A process that is killed may leave half a line. */
  #parse(line: string): unknown {
    try {
      return JSON.parse(line)
    } catch (error) {
      if (this.#killed) return undefined
      throw error
    }
  }

  /** `kill -9`; resolves when it is gone and all that it told was read. */
  async kill(): Promise<void> {
    this.#killed = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }
}
