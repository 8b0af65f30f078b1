import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { AbstractConnector } from 'ioredis'
import type { Address } from './address.js'

/** What a connector is made of: options of the client that it serves, as ioredis hands them over. */
interface ConnectorOptions {
  readonly disconnectTimeout: number
  readonly family?: number | undefined
  readonly tls?: ConnectionOptions | undefined
}

type Stream = Awaited<ReturnType<AbstractConnector['connect']>>

/** Makes the class that makes the sockets of a client: each to wherever `locate` says by then. */
export function connectorTo(locate: () => Promise<Address>): new (options: unknown) => AbstractConnector {
  return class extends AbstractConnector {
    readonly #options: ConnectorOptions

    // ioredis hands over the options of the client, and types them as unknown.
    constructor(options: unknown) {
      const known = options as ConnectorOptions
      super(known.disconnectTimeout)
      this.#options = known
    }

    override async connect(): Promise<Stream> {
      this.connecting = true
      const { host, port } = await locate()
      if (!this.connecting) throw new Error('Connection is closed.')
      const { family, tls } = this.#options
      const target = { host, port, ...(family !== undefined && { family }) }
      const stream = tls ? connectTls({ ...target, ...tls }) : connectPlain(target)
      stream.once('error', (error: Error) => {
        this.firstError = error
      })
      this.stream = stream
      return stream
    }
  }
}
