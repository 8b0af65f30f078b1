import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { Invalidation, Receipt } from '../../../src/index.js'
import { type RedisServer, startRedisServer } from '../redis-server.js'
import { ScriptProcess } from '../script-process.js'
import { OtlpReceiver } from './receiver.js'

export type OtlpProtocol = 'http/json' | 'http/protobuf'

const channel = 'cache:invalidate'
/** Three processes that begin at once, each with an SDK to load, take seconds where the machine is busy. */
export const startTimeoutMs = 60_000
const instrumentation = fileURLToPath(new URL('../../../examples/telemetry/instrumentation.ts', import.meta.url))

/** A service that publishes and two that keep caches, each a process with an SDK that exports to a receiver of ours. */
export class TracedServices {
  readonly server: RedisServer
  readonly receiver: OtlpReceiver
  /** A plain client. */
  readonly redis: Redis
  readonly subscribers = new Map<string, ScriptProcess>()
  /** The ids of all messages that were published. */
  readonly messageIds = new Set<string>()
  readonly #protocol: OtlpProtocol
  readonly #publisher: ScriptProcess
  readonly #running: ScriptProcess[] = []
  #requests = 0

  static async start(protocol: OtlpProtocol, subscribers: readonly string[]): Promise<TracedServices> {
    const server = await startRedisServer({ persistence: 'aof' })
    const services = new TracedServices(protocol, server, await OtlpReceiver.start())
    const ready = services.#publisher.printed((lines) => lines.some((line) => 'ready' in line), startTimeoutMs)
    await Promise.all([ready, ...subscribers.map((service) => services.startSubscriber(service))])
    return services
  }

  private constructor(protocol: OtlpProtocol, server: RedisServer, receiver: OtlpReceiver) {
    this.#protocol = protocol
    this.server = server
    this.receiver = receiver
    this.redis = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    this.redis.on('error', () => undefined)
    this.#publisher = this.#run('traced-publisher.ts', 'user-service', [])
  }

  /** Starts a service that keeps a cache; it is live when this resolves. */
  async startSubscriber(service: string): Promise<ScriptProcess> {
    const subscriber = this.#run('traced-subscriber.ts', service, [service])
    this.subscribers.set(service, subscriber)
    await subscriber.printed((lines) => lines.some(({ state }) => state === 'live'), startTimeoutMs)
    return subscriber
  }

  /** Publishes at once, within one span; resolves when all are appended. */
  async publish(...invalidations: readonly Invalidation[]): Promise<{ request: string; receipts: Receipt[] }> {
    const request = this.beginPublish(...invalidations)
    return { request, receipts: await this.published(request) }
  }

  /** Only begins to publish; returns the name of the span that it is within. */
  beginPublish(...invalidations: readonly Invalidation[]): string {
    const request = `request-${++this.#requests}`
    this.#publisher.tell({ request, publish: invalidations })
    return request
  }

  async published(request: string): Promise<Receipt[]> {
    await this.#publisher.printed((lines) => lines.some((line) => line.request === request))
    const line = this.#publisher.lines.find((each) => each.request === request)
    const receipts = (line?.receipts ?? []) as Receipt[]
    for (const { messageId } of receipts) this.messageIds.add(messageId)
    return receipts
  }

  /** Resolves when the publisher has lost its connection. */
  async disconnected(): Promise<void> {
    await this.#publisher.printed((lines) => lines.some((line) => 'disconnected' in line))
  }

  /** Publishes a text as services do that only use Pub/Sub. */
  async publishPlain(text: string): Promise<void> {
    await this.redis.publish(channel, text)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((each) => each.kill()))
    this.redis.disconnect()
    await Promise.all([this.receiver.stop(), this.server.stop()])
  }

  #run(file: string, service: string, args: readonly string[]): ScriptProcess {
    const script = new ScriptProcess(`otlp/${file}`, [this.server.url, channel, ...args], {
      imports: [instrumentation],
      env: {
        OTEL_SERVICE_NAME: service,
        OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${this.#running.length}`,
        OTEL_NODE_RESOURCE_DETECTORS: 'env',
        OTEL_EXPORTER_OTLP_ENDPOINT: this.receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: this.#protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: this.#protocol === 'http/json' ? 'none' : 'gzip',
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '100',
        OTEL_METRIC_EXPORT_TIMEOUT: '100',
        OTEL_LOGS_EXPORTER: 'none',
      },
    })
    this.#running.push(script)
    return script
  }
}
