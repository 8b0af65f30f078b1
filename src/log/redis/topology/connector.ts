import { lookup as systemLookup } from 'node:dns'
import { connect as connectPlain, isIP, type LookupFunction } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Access } from '../access.js'
import { AbstractConnector } from '../ioredis.js'
import type { DnsLookup, RedisLike } from '../redis-like.js'

/** Where a connection leads, and who connects. */
export interface Destination extends Access {
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly tls?: ConnectionOptions | undefined
  readonly family?: number | undefined
  /** In place of the system's lookup. */
  readonly dnsLookup?: DnsLookup | undefined
}

/** A client of the ioredis that we import. It reads `condition` after its connector has connected. */
interface OwnClient extends RedisLike {
  readonly condition: { auth?: string | [string, string] } | null
}

/** What a connector is made of: options of the client that it serves, as ioredis hands them over. */
interface ConnectorOptions {
  readonly disconnectTimeout: number
  tls?: ConnectionOptions | undefined
}

type Stream = Awaited<ReturnType<AbstractConnector['connect']>>
type Connector = new (options: unknown) => AbstractConnector

/**
 * Makes a client that looks for its destination, and reads its access, anew for each connection.
 *
 * @param make makes it with `lazyConnect` and this `Connector`
 */
export function clientTo(locate: () => Promise<Destination>, make: (connector: Connector) => OwnClient): RedisLike {
  const client: OwnClient = make(
    class extends AbstractConnector {
      readonly #options: ConnectorOptions

      // ioredis hands over the options of the client, and types them as unknown.
      constructor(options: unknown) {
        const known = options as ConnectorOptions
        super(known.disconnectTimeout)
        this.#options = known
      }

      override async connect(): Promise<Stream> {
        this.connecting = true
        // The client emits `connecting` in the next tick: a failure must not come before it.
        await new Promise<void>((resolve) => {
          process.nextTick(resolve)
        })
        const destination = await locate()
        if (!this.connecting) throw new Error('Connection is closed.')
        authenticate(client, destination)
        // From `tls` the client knows whether the connection is up with the socket, or only after the TLS handshake.
        this.#options.tls = destination.tls
        const stream = connectTo(destination)
        stream.once('error', (error: Error) => {
          this.firstError = error
        })
        this.stream = stream
        return stream
      }
    },
  )
  return client
}

/** Sets user and password of this connection. The client has already read its options, before its connector. */
function authenticate({ condition }: OwnClient, { username, password }: Access): void {
  if (condition === null) throw new Error('Expected a client that is connecting')
  if (username) condition.auth = [username, password ?? '']
  else if (password) condition.auth = password
  else delete condition.auth
}

function connectTo({ place, tls, family, dnsLookup }: Destination): Stream {
  const lookup = dnsLookup && dnsLookup !== systemLookup && { lookup: lookupBy(dnsLookup) }
  const target = { ...place, ...(family !== undefined && { family }), ...lookup }
  return tls ? connectTls({ ...target, ...tls }) : connectPlain(target)
}

/** A Cluster's `dnsLookup` for a socket. If it returns a name, as is usual with TLS, the system looks that name up. */
function lookupBy(dnsLookup: DnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, (error, address) => {
      const family = error ? 0 : isIP(address)
      if (error) callback(error, '')
      else if (family === 0) systemLookup(address, options, callback)
      else if (options.all) callback(null, [{ address, family }])
      else callback(null, address, family)
    })
  }
}
