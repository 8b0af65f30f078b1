import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Takes every request, answers each with the same status, and remembers them. */
export class HttpListener {
  readonly received: Received[] = []
  readonly #server
  #port = 0

  static async start(status: number): Promise<HttpListener> {
    const listener = new HttpListener(status)
    listener.#server.listen(0, 'localhost')
    await once(listener.#server, 'listening')
    const address = listener.#server.address()
    if (typeof address === 'object' && address !== null) listener.#port = address.port
    return listener
  }

  private constructor(status: number) {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        this.received.push({ method: request.method, url: request.url, headers: request.headers, body })
        response.writeHead(status).end()
      })
    })
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://localhost:${this.#port}/v1/traces`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
