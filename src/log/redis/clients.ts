import { resolvesWithin, type Runtime } from '../../support/runtime.js'
import {
  clientOverrides,
  type ClientPurpose,
  type ClientSource,
  disconnect,
  disconnectTimeoutMs,
} from './client-source.js'
import { behindOwnName } from './connection-name.js'
import type { RedisLike } from './redis-like.js'
import { readTarget, type RedisTarget, type SingleTarget, type TlsOptions } from './target.js'
import { formatAddress } from './topology/address.js'
import { clusterSource } from './topology/cluster-source.js'
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
  return {
    kind: 'single',
    makeClient: (retryDelay, name = purpose.name) =>
      template.duplicate(clientOverrides(retryDelay, behindOwnName(connectionName, name))),
    origin: server,
    database: db,
    location: server,
    cluster: undefined,
  }
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
