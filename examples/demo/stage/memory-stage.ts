import { join } from 'node:path'
import type { NodeSDK } from '@opentelemetry/sdk-node'
import { MemoryLog } from '../../../src/testing.js'
import { Database } from '../services/database.js'
import { type ServiceName, serviceNames, type Tell } from '../services/service.js'
import { startService } from '../services/start-service.js'
import { traceInProcess } from '../tracing/in-process.js'
import { MortalLog } from './mortal-log.js'
import { RunFolder } from './run-folder.js'
import type { RunningService, Stage, StageSettings } from './stage.js'

/** All services in this process, over a log and a database in memory, and without caches in Redis. */
export class MemoryStage implements Stage {
  readonly mode = 'memory'
  readonly description = 'a log in memory in place of Redis, all services in one process, caches in memory only'
  readonly words = { kill: 'thrown away', cut: 'its Pub/Sub connection is cut', outage: 'out of reach' }
  readonly outage: NonNullable<Stage['outage']>
  readonly #seed: number
  readonly #sdk: NodeSDK
  readonly #folder: RunFolder
  readonly #log = new MemoryLog({ channel: 'cache-invalidation-demo' })
  readonly #database = new Database(':memory:')
  readonly #links = new Map<ServiceName, ReturnType<MemoryLog['link']>>()
  readonly #running = new Set<RunningService>()

  static async open(settings: StageSettings): Promise<MemoryStage> {
    return new MemoryStage(settings, await RunFolder.create())
  }

  private constructor({ seed, tracesEndpoint }: StageSettings, folder: RunFolder) {
    this.#seed = seed
    this.#sdk = traceInProcess(tracesEndpoint)
    this.#folder = folder
    this.outage = {
      begin: () => {
        this.#log.goDown()
        return Promise.resolve()
      },
      end: () => {
        this.#log.comeBack()
        return Promise.resolve()
      },
    }
  }

  async start(name: ServiceName, tell: Tell): Promise<RunningService> {
    const link = this.#log.link()
    this.#links.set(name, link)
    const log = new MortalLog(link)
    let isAlive = true
    const service = await startService(name, {
      log,
      channel: log.channel,
      database: this.#database,
      cursorPath: join(this.#folder.path, `${name}.cursor`),
      seed: this.#seed + serviceNames.indexOf(name),
      tell: (news) => {
        if (isAlive) tell(news)
      },
    })
    const running: RunningService = {
      carryOut: async (order) => {
        await service.carryOut(order)
        if (order !== 'close') return
        this.#running.delete(running)
        // The last to go sends what was not sent yet.
        if (this.#running.size === 0) await this.#sdk.shutdown()
      },
      kill: async () => {
        isAlive = false
        this.#running.delete(running)
        await log.die()
        // Nothing of it reaches the log any more: this ends its timers.
        await service.carryOut('close')
      },
    }
    this.#running.add(running)
    return running
  }

  cutPubSub(name: ServiceName): Promise<void> {
    this.#links.get(name)?.cut('feeds')
    return Promise.resolve()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((service) => service.kill()))
    await this.#folder.remove()
  }
}
