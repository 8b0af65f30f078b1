import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A port that leads to a server's, and to another's when it is told so: what clients take for "the primary". */
export class TcpForwarder {
  readonly url: string
  readonly port: number
  readonly #server: Server
  readonly #links = new Map<Socket, Socket>()
  /** The port that new connections are led to; undefined refuses them. */
  #target: number | undefined
  #holding = false

  static async start(target: number): Promise<TcpForwarder> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpForwarder(server, target)
  }

  private constructor(server: Server, target: number) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('Expected a TCP server')
    this.port = address.port
    this.url = `redis://127.0.0.1:${address.port}`
    this.#server = server
    this.#target = target
    server.on('connection', (client) => {
      this.#forward(client)
    })
  }

  /** Leads new connections to this port; those that are open stay where they are. */
  pointTo(target: number): void {
    this.#target = target
  }

  /** Breaks every connection, and refuses new ones until it is pointed somewhere. */
  cut(): void {
    this.#target = undefined
    for (const client of this.#links.keys()) client.destroy()
  }

  /** Reads nothing more of what the server sends, until `release()`: a client that is too slow. */
  hold(): void {
    this.#holding = true
    for (const [client, upstream] of this.#links) upstream.unpipe(client)
  }

  release(): void {
    this.#holding = false
    for (const [client, upstream] of this.#links) upstream.pipe(client)
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #forward(client: Socket): void {
    client.on('error', () => client.destroy())
    if (this.#target === undefined) {
      client.destroy()
      return
    }
    const upstream = connect(this.#target, '127.0.0.1')
    this.#links.set(client, upstream)
    client.on('close', () => {
      this.#links.delete(client)
      upstream.destroy()
    })
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroySoon())
    client.pipe(upstream)
    if (!this.#holding) upstream.pipe(client)
  }
}
