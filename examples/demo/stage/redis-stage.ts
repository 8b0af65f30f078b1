import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from '../../../scripts/redis-server-process.js'
import { readInfo, readServer } from '../../../src/log/redis/replies.js'
import { type ServiceName, serviceNames, type Tell } from '../services/service.js'
import { tracingEnvironment } from '../tracing/environment.js'
import { claimChannel, removeKeys } from './claim-channel.js'
import { RunFolder } from './run-folder.js'
import { ServiceProcess } from './service-process.js'
import type { RunningService, Stage, StageSettings } from './stage.js'

/** Each service in a process of its own, over a Redis and a database in a file. */
export class RedisStage implements Stage {
  readonly mode = 'redis'
  readonly words = {
    kill: 'killed with SIGKILL',
    cut: 'its Pub/Sub connection is cut with CLIENT KILL',
    outage: 'killed with SIGKILL',
  }
  readonly outage?: NonNullable<Stage['outage']>
  readonly #url: string
  readonly #settings: StageSettings
  readonly #folder: RunFolder
  readonly #server: RedisServer | undefined
  readonly #control: Redis
  /** Names the log, the caches and the connections of this run. */
  #channel = ''
  readonly #services = new Set<ServiceProcess>()
  #serverName = ''
  #lastError: string | undefined
  #closed = false

  /** On a Redis of its own, which keeps its data in a file. */
  static async onOwnServer(settings: StageSettings): Promise<RedisStage> {
    const folder = await RunFolder.create()
    try {
      const dir = join(folder.path, 'redis')
      await mkdir(dir)
      const server = await startRedisServer({ dir, persistence: 'aof' })
      return await RedisStage.#open(new RedisStage(server.url, settings, folder, server))
    } catch (error) {
      await folder.remove()
      throw error
    }
  }

  /** On a Redis that someone else runs: it is never stopped, and only keys of this run are touched. */
  static async onServerAt(url: string, settings: StageSettings): Promise<RedisStage> {
    return RedisStage.#open(new RedisStage(url, settings, await RunFolder.create(), undefined))
  }

  static async #open(stage: RedisStage): Promise<RedisStage> {
    try {
      await stage.#control.connect()
      stage.#serverName = readServer(readInfo(await stage.#control.info('server'))).name
      stage.#channel = await claimChannel(stage.#control)
      return stage
    } catch (error) {
      await stage.close()
      const reason = stage.#lastError ?? (error instanceof Error ? error.message : String(error))
      throw new Error(`The Redis at ${stage.#address} can't be used: ${reason}`, { cause: error })
    }
  }

  private constructor(url: string, settings: StageSettings, folder: RunFolder, server: RedisServer | undefined) {
    this.#url = url
    this.#settings = settings
    this.#folder = folder
    this.#server = server
    this.#control = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 3, retryStrategy: () => 100 })
    this.#control.on('error', (error) => (this.#lastError = error.message))
    if (server) this.outage = { begin: () => server.kill(), end: () => server.restart() }
  }

  get description(): string {
    const whose = this.#server ? 'started for this run' : 'as given; never stopped'
    return `${this.#serverName} on ${this.#address} (${whose}), channel ${this.#channel}, SQLite, a process for each service`
  }

  start(name: ServiceName, tell: Tell): Promise<RunningService> {
    if (this.#closed) return Promise.reject(new Error('The demo is ending: nothing is started any more'))
    const { seed, tracesEndpoint } = this.#settings
    const config = {
      name,
      redis: this.#url,
      channel: this.#channel,
      seed: seed + serviceNames.indexOf(name),
      databasePath: join(this.#folder.path, 'database.sqlite'),
      cursorPath: join(this.#folder.path, `${name}.cursor`),
    }
    const env = { ...process.env, ...tracingEnvironment(name, tracesEndpoint, process.env) }
    return ServiceProcess.start({ config, env, tell, onSpawned: (service) => this.#services.add(service) })
  }

  async cutPubSub(name: ServiceName): Promise<void> {
    const clients = String(await this.#control.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n')
    for (const client of clients) {
      const id = /\bid=(\d+)/.exec(client)?.[1]
      if (id === undefined || !client.includes(` name=${this.#channel}:${name} `)) continue
      await this.#control.call('CLIENT', 'KILL', 'ID', id)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all([...this.#services].map((service) => service.kill()))
    if (this.#server) await this.#server.stop()
    else await this.#removeKeys().catch(() => undefined)
    this.#control.disconnect()
    await this.#folder.remove()
  }

  /** Without user and password. */
  get #address(): string {
    const { host, port } = this.#control.options
    return `${host}:${port}`
  }

  async #removeKeys(): Promise<void> {
    if (this.#control.status === 'ready' && this.#channel !== '') await removeKeys(this.#control, this.#channel)
  }
}
