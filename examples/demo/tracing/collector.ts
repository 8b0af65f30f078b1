import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { readSpans } from './read-otlp.js'
import type { Span } from './span.js'
import type { TraceTarget } from './target.js'

const passOnTimeoutMs = 2_000

/** Of the connection, not of what is passed on. */
const hopHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'])

/** Takes the spans of all services, as OTLP in JSON: keeps them, and passes them on where there is somebody for them. */
export class Collector {
  readonly #server: Server
  readonly #target: TraceTarget | undefined
  readonly #spans: Span[] = []
  readonly #passingOn = new Set<Promise<void>>()
  #endpoint = ''
  #failure: string | undefined

  /** Listens on loopback, on a free port. */
  static async open(target: TraceTarget | undefined): Promise<Collector> {
    const collector = new Collector(target)
    collector.#server.listen(0, '127.0.0.1')
    await once(collector.#server, 'listening')
    const address = collector.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('The collector of traces has no port')
    collector.#endpoint = `http://127.0.0.1:${address.port}/v1/traces`
    return collector
  }

  private constructor(target: TraceTarget | undefined) {
    this.#target = target
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** Where services send their traces. */
  get endpoint(): string {
    return this.#endpoint
  }

  /** What has come so far. */
  get spans(): readonly Span[] {
    return this.#spans
  }

  /** Resolves when all that has come was passed on; to why that failed, if it did. */
  async passedOn(): Promise<string | undefined> {
    await Promise.all(this.#passingOn)
    return this.#failure
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await text(request)
      this.#spans.push(...readSpans(body))
      this.#passOn(request, body)
      response.setHeader('content-type', 'application/json').end('{}')
    } catch {
      // Half a request of a service that was killed, or none of OpenTelemetry's.
      response.writeHead(400).end()
    }
  }

  #passOn(request: IncomingMessage, body: string): void {
    const target = this.#target
    if (!target) return
    const headers = Object.entries(request.headers).filter(([name]) => !hopHeaders.has(name))
    const passing = fetch(target.url, {
      method: 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      body,
      signal: AbortSignal.timeout(passOnTimeoutMs),
    })
      .then((answer) => {
        if (!answer.ok) this.#failure = `it answered ${answer.status}`
      })
      .catch((error: unknown) => {
        const reason = error instanceof Error ? (error.cause ?? error) : error
        this.#failure = reason instanceof Error ? reason.message : String(reason)
      })
      .finally(() => this.#passingOn.delete(passing))
    this.#passingOn.add(passing)
  }
}
