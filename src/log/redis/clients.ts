import { ConfigurationError } from '../../support/errors.js'
import { resolvesWithin, type Runtime } from '../../support/runtime.js'
import { accessReader, followAccess } from './access.js'
import {
  clientOverrides,
  type ClientPurpose,
  type ClientSource,
  disconnect,
  disconnectTimeoutMs,
} from './client-source.js'
import { behindOwnName } from './connection-name.js'
import { Redis } from './ioredis.js'
import { keptOptions } from './option-fates.js'
import type { ClientOverrides, RedisLike } from './redis-like.js'
import { readTarget, type RedisTarget, type SingleTarget, type TlsOptions } from './target.js'
import { formatAddress } from './topology/address.js'
import { clusterSource } from './topology/cluster-source.js'
import { clientTo, type Destination } from './topology/connector.js'
import { sentinelSource } from './topology/sentinel-source.js'

/**
 * The one place that makes clients; a client or a Cluster that is lent is only the configuration for them.
 *
 * @param tls what TLS takes beside a URL that asks for it
 * @throws ConfigurationError for what can't serve
 */
export function makeClientSource(redis: RedisTarget, purpose: ClientPurpose, tls?: TlsOptions): ClientSource {
  const target = readTarget(redis, tls)
  switch (target.kind) {
    case 'single':
      return singleSource(target, purpose)
    case 'sentinel':
      return sentinelSource(target, purpose)
    case 'cluster':
      return clusterSource(target, purpose)
  }
}

function singleSource({ template }: SingleTarget, purpose: ClientPurpose): ClientSource {
  const { connectionName, path, host = 'localhost', port = 6_379, db = 0 } = template.options
  const server = path ?? formatAddress({ host, port })
  const make = purpose.credentials ? withCredentials(template, purpose) : duplicateOf(template)
  return {
    kind: 'single',
    makeClient: (retryDelay, name = purpose.name) =>
      make(clientOverrides(retryDelay, behindOwnName(connectionName, name))),
    origin: server,
    database: db,
    location: server,
    cluster: undefined,
  }
}

type Make = (overrides: ClientOverrides) => RedisLike

/** Makes clients from the user's copy of ioredis, with the connector of the user's client. */
function duplicateOf(template: RedisLike): Make {
  return (overrides) => followAccess(template.duplicate(overrides), () => template.options)
}

/** @throws ConfigurationError for a client that connects in a way of its own, which does not wait for credentials */
function withCredentials(template: RedisLike, purpose: ClientPurpose): Make {
  if (template.options.Connector !== undefined) {
    throw new ConfigurationError('Expected no `Connector` beside `credentials`: leave one of them out')
  }
  const readAccess = accessReader(purpose.credentials, purpose)
  const locate = async (): Promise<Destination> => {
    const { path, host = 'localhost', port = 6_379, tls, family, username, password } = template.options
    const place = path ? { path } : { host, port }
    return { place, tls, family, ...(await readAccess({ username, password })) }
  }
  // Of these alone: the client may be of another version of ioredis.
  const options = keptOptions(template.options)
  return (overrides) => clientTo(locate, (Connector) => new Redis({ ...options, ...overrides, Connector }))
}

/** Closes a client for good; resolves when its socket is gone. */
export async function closeClient(client: RedisLike, runtime: Runtime): Promise<void> {
  if (!['connecting', 'connect', 'ready', 'close'].includes(client.status)) {
    disconnect(client)
    return
  }
  const ended = new Promise<void>((resolve) => {
    client.on('end', resolve)
  })
  disconnect(client)
  // Twice as long as its socket may take: a client that misses its own end must not keep us.
  await resolvesWithin(runtime, 2 * disconnectTimeoutMs, ended)
}
