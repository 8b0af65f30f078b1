import { connect as connectPlain } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { AbstractConnector } from 'ioredis'
import type { Address } from '../address.js'

/** What a connector is made of: options of the client that it serves, as ioredis hands them over. */
export interface ConnectorOptions {
  readonly disconnectTimeout: number
  readonly family?: number | undefined
  readonly tls?: ConnectionOptions | undefined
}

type Stream = Awaited<ReturnType<AbstractConnector['connect']>>

/** Makes the sockets of a client: each to wherever the address is by then. */
export class LocatingConnector extends AbstractConnector {
  readonly #options: ConnectorOptions
  readonly #locate: () => Promise<Address>

  constructor(options: ConnectorOptions, locate: () => Promise<Address>) {
    super(options.disconnectTimeout)
    this.#options = options
    this.#locate = locate
  }

  override async connect(): Promise<Stream> {
    this.connecting = true
    const { host, port } = await this.#locate()
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
