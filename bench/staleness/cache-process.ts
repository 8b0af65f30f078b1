import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '../../test/support/latch.js'
import type { CachedRecord } from '../peers/cache-library.js'
import { typeScript } from '../workers/worker.js'
import { Conversation } from './conversation.js'
import type { Database } from './database.js'
import { type By, type CacheQuestion, isCachedRecord, isLoadQuestion } from './questions.js'

const answerTimeoutMs = 30_000
const script = fileURLToPath(new URL('../workers/staleness.ts', import.meta.url))

/** A process with a cache of one of the libraries, which loads from a database of ours. */
export class CacheProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #conversation: Conversation
  #stderr = ''

  /** Resolves when its cache is connected. */
  static async start(library: string, url: string, database: Database): Promise<CacheProcess> {
    const started = new CacheProcess(library, url, database)
    try {
      await started.#ask({ action: 'open' })
      return started
    } catch (error) {
      await started[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(library: string, url: string, database: Database) {
    const child = fork(script, [library, url], {
      execArgv: [...typeScript],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000)
    })
    this.#child = child
    this.#conversation = new Conversation(child, async (question) => {
      if (isLoadQuestion(question)) return database.load(question.load)
      throw new TypeError(`Expected to be asked for a record, got ${JSON.stringify(question)}`)
    })
    child.on('close', () => {
      this.#conversation.end(new Error(`The process with ${library} ended:\n${this.#stderr}`))
    })
  }

  async get(by: By, id: string): Promise<CachedRecord> {
    const record = await this.#ask({ action: 'get', by, id })
    if (isCachedRecord(record)) return record
    throw new Error(`Expected the cache to have the record ${id} or to load it, got ${JSON.stringify(record)}`)
  }

  async invalidate(by: By, id: string): Promise<void> {
    await this.#ask({ action: 'invalidate', by, id })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  #ask(question: CacheQuestion): Promise<unknown> {
    return within(
      this.#conversation.ask(question),
      answerTimeoutMs,
      () => `an answer to ${JSON.stringify(question)}\n${this.#stderr}`,
    )
  }
}
