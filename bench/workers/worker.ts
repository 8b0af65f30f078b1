import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isNumbers } from './questions.js'

const answerTimeoutMs = 60_000

export interface WorkerOptions {
  /** Arguments of Node. Default: what runs TypeScript. */
  readonly execArgv?: readonly string[]
}

/** Arguments of Node that let it run TypeScript. */
export const typeScript: readonly string[] = ['--import', import.meta.resolve('tsx')]

/** A script of this folder, or one that a URL names, as a process of its own. It answers what it is asked, one question at a time (see serve.ts). */
export class Worker implements AsyncDisposable {
  readonly #script: string
  readonly #child: ChildProcess
  #stderr = ''

  /** Resolves when it is ready to be asked. */
  static async start(script: string, args: readonly string[], options: WorkerOptions = {}): Promise<Worker> {
    const worker = new Worker(script, args, options)
    await worker.#answer()
    return worker
  }

  private constructor(script: string, args: readonly string[], { execArgv = typeScript }: WorkerOptions) {
    this.#script = script
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
      execArgv: [...execArgv],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000)
    })
  }

  /** As {@link request}, of a script that answers numbers with numbers. */
  async ask(...numbers: readonly number[]): Promise<readonly number[]> {
    return this.request(numbers, isNumbers)
  }

  /**
   * Asks for what JSON can say, and resolves to an answer that `isAnswer` accepts.
   *
   * @throws Error for any other answer, and one that tells what it wrote on stderr, when it ends instead of answering
   */
  async request<Answer>(asked: object, isAnswer: (answer: unknown) => answer is Answer): Promise<Answer> {
    const answered = this.#answer()
    this.#child.send(asked)
    const answer = await answered
    if (isAnswer(answer)) return answer
    throw new Error(`${this.#script} answered ${JSON.stringify(asked)} with ${JSON.stringify(answer)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #answer(): Promise<unknown> {
    const settled = new AbortController()
    const deadline = AbortSignal.timeout(answerTimeoutMs)
    const signal = AbortSignal.any([settled.signal, deadline])
    const ended = this.#hasEnded ? Promise.resolve([]) : once(this.#child, 'close', { signal }).then(() => [])
    try {
      const [answer]: unknown[] = await Promise.race([once(this.#child, 'message', { signal }), ended])
      if (answer !== undefined) return answer
      throw new Error(`${this.#script} ended without an answer:\n${this.#stderr}`)
    } catch (error) {
      if (!deadline.aborted) throw error
      throw new Error(`${this.#script} did not answer within ${answerTimeoutMs} ms:\n${this.#stderr}`, { cause: error })
    } finally {
      settled.abort()
    }
  }
}
