import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Fault, isLasting, type LastingFault, type LinkKind } from './proxy/fault.js'
import { ProxiedLink } from './proxy/proxied-link.js'

export type { Fault, LinkKind } from './proxy/fault.js'

/** A port that leads to a server's, and to another's when it is told so; what may befall a network befalls its links. */
export class TcpProxy {
  readonly url: string
  readonly port: number
  readonly #server: Server
  readonly #links = new Set<ProxiedLink>()
  #lasting: { readonly fault: LastingFault; readonly only: LinkKind | undefined }[] = []
  /** The port that new connections are led to; undefined refuses them. */
  #target: number | undefined

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, targetPort)
  }

  private constructor(server: Server, target: number) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('Expected a TCP server')
    this.port = address.port
    this.url = `redis://127.0.0.1:${address.port}`
    this.#server = server
    this.#target = target
    server.on('connection', (client) => {
      this.#accept(client)
    })
  }

  /** How many links are open, of those that have told their kind. */
  get links(): Readonly<Record<LinkKind, number>> {
    const open = [...this.#links].filter((link) => link.isOpen)
    const count = (kind: LinkKind): number => open.filter((link) => link.kind === kind).length
    return { feed: count('feed'), commands: count('commands') }
  }

  /** Leads new connections to this port; those that are open stay where they are. */
  pointTo(target: number): void {
    this.#target = target
  }

  /** Breaks every connection, and refuses new ones until it is pointed somewhere. */
  cut(): void {
    this.#target = undefined
    this.inflict({ kind: 'cut' })
  }

  /**
   * Inflicts a fault on present links and, where it lasts, on new ones until `heal()`; on all, or on those of one kind.
   * A new link is spared a fault of one kind until it has told its own.
   */
  inflict(fault: Fault, only?: LinkKind): void {
    if (isLasting(fault)) this.#lasting.push({ fault, only })
    if (fault.kind === 'refuse') return
    for (const link of this.#links) if (only === undefined || link.kind === only) link.suffer(fault)
  }

  /** Ends all lasting faults. */
  heal(): void {
    this.#lasting = []
    for (const link of this.#links) link.heal()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#target === undefined || this.#faultsOf(undefined).some(({ kind }) => kind === 'refuse')) {
      client.on('error', () => client.destroy())
      client.destroy()
      return
    }
    const server = connect(this.#target, '127.0.0.1')
    const link = new ProxiedLink(client, server, (link, kind) => {
      for (const fault of this.#faultsOf(kind)) link.suffer(fault)
    })
    this.#links.add(link)
    // Its end reaches the other side last of all.
    let open = 2
    for (const socket of [client, server]) socket.on('close', () => --open === 0 && this.#links.delete(link))
    for (const fault of this.#faultsOf(undefined)) link.suffer(fault)
  }

  #faultsOf(kind: LinkKind | undefined): LastingFault[] {
    return this.#lasting.filter(({ only }) => only === kind).map(({ fault }) => fault)
  }
}
