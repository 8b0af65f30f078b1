import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isReplyOrNews, type Reply, type Request, type ServiceConfig } from '../services/protocol.js'
import type { Order, Report, Tell } from '../services/service.js'
import type { RunningService } from './stage.js'

const script = fileURLToPath(new URL('../services/process.ts', import.meta.url))
const loader = import.meta.resolve('tsx')
/** Without any progress: longer than a service itself waits. */
const answerTimeoutMs = 45_000

export interface ServiceProcessOptions {
  readonly config: ServiceConfig
  readonly env: NodeJS.ProcessEnv
  readonly tell: Tell
  /** Called at once. */
  readonly onSpawned: (service: ServiceProcess) => void
}

/** A service in a process of its own. */
export class ServiceProcess implements RunningService {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #tell: Tell
  readonly #waiting = new Map<number, (failure?: Error) => void>()
  readonly #deadlines = new Set<NodeJS.Timeout>()
  #progress = 0
  #requests = 0
  #stderr = ''

  /** Resolves when the service is ready to work. */
  static async start({ config, env, tell, onSpawned }: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(config.name, env, tell)
    onSpawned(service)
    await service.#ask({ type: 'start', id: ++service.#requests, config })
    return service
  }

  private constructor(name: string, env: NodeJS.ProcessEnv, tell: Tell) {
    this.#name = name
    this.#tell = tell
    this.#child = fork(script, {
      env,
      // node:sqlite warns that it is experimental, on Node 22.
      execArgv: ['--import', loader, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000)
    })
    this.#child.on('message', (message) => {
      if (isReplyOrNews(message)) this.#receive(message)
    })
    this.#child.on('error', (error) => this.#failAll(error))
    this.#child.on('close', (code, signal) => this.#failAll(this.#whyEnded(code ?? signal)))
  }

  carryOut(order: Order): Promise<void> {
    return this.#ask({ type: 'order', id: ++this.#requests, order })
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return
    const ended = [once(this.#child, 'exit')]
    // What it had told before its end may still be on its way: it comes before the channel closes.
    if (this.#child.connected) ended.push(once(this.#child, 'disconnect'))
    this.#child.kill('SIGKILL')
    await Promise.all(ended)
  }

  get #hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #ask(request: Request): Promise<void> {
    const what = request.type === 'start' ? 'start' : request.order
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const deadline = setTimeout(() => {
      reject(
        new Error(`${this.#name} did not answer \`${what}\`, and made no progress for ${answerTimeoutMs / 1_000} s`),
      )
    }, answerTimeoutMs)
    this.#deadlines.add(deadline)
    this.#waiting.set(request.id, (failure) => (failure ? reject(failure) : resolve(undefined)))
    if (this.#hasEnded) this.#failAll(this.#whyEnded(this.#child.exitCode ?? this.#child.signalCode))
    else this.#child.send(request, (error) => error && this.#settle(request.id, error))
    try {
      await promise
    } finally {
      clearTimeout(deadline)
      this.#deadlines.delete(deadline)
      this.#waiting.delete(request.id)
    }
  }

  #receive(message: Reply | Parameters<Tell>[0]): void {
    switch (message.type) {
      case 'done':
        this.#settle(message.id)
        break
      case 'failed':
        this.#settle(message.id, new Error(`${this.#name} failed: ${message.reason}`))
        break
      case 'report':
        this.#extend(message.report)
        this.#tell(message)
        break
      default:
        this.#tell(message)
    }
  }

  /** Reads go on whatever happens: they are not progress. */
  #extend({ published, live, replayed }: Report): void {
    const progress = published + live + replayed
    if (progress === this.#progress) return
    this.#progress = progress
    for (const deadline of this.#deadlines) deadline.refresh()
  }

  #settle(id: number, failure?: Error): void {
    this.#waiting.get(id)?.(failure)
  }

  #failAll(failure: Error): void {
    for (const settle of this.#waiting.values()) settle(failure)
  }

  #whyEnded(how: number | string | null): Error {
    return new Error(`${this.#name} ended (${how ?? 'unknown'})${this.#stderr ? `:\n${this.#stderr.trim()}` : ''}`)
  }
}
