import type { Runtime } from '../runtime.js'
import { clientOverrides, disconnectTimeoutMs, sentinelOverrides } from './client-overrides.js'
import type { ClientPurpose, ClientSource } from './client-source.js'
import { clusterSource } from './cluster/cluster-source.js'
import { disconnect } from './disconnect.js'
import type { RedisLike } from './redis-like.js'
import { describeTarget, readTarget, type RedisTarget, type SingleTarget } from './redis-target.js'

/**
 * The one place that makes clients; a client or a Cluster that is lent is only the configuration for them.
 *
 * @throws ConfigurationError for what can't serve
 */
export function clientSource(redis: RedisTarget, purpose: ClientPurpose): ClientSource {
  const target = readTarget(redis)
  return target.kind === 'cluster' ? clusterSource(target, purpose) : singleSource(target, purpose)
}

function singleSource(target: SingleTarget, { commandTimeoutMs }: ClientPurpose): ClientSource {
  const { template } = target
  const sentinels = template.options.sentinels ?? undefined
  const added = sentinels && sentinelOverrides(sentinels.length, commandTimeoutMs)
  const server = describeTarget(target)
  return {
    makeClient: (retryDelay) => template.duplicate({ ...clientOverrides(retryDelay), ...added }),
    server,
    address: sentinels ? undefined : server,
    primaryOnly: sentinels !== undefined,
    cluster: undefined,
  }
}

/** Closes a client for good; resolves when its socket is gone. */
export async function closeClient(client: RedisLike, runtime: Runtime): Promise<void> {
  if (!['connecting', 'connect', 'ready', 'close'].includes(client.status)) {
    disconnect(client)
    return
  }
  await new Promise<void>((resolve) => {
    // Twice as long as its socket may take: a client that misses its own end must not keep us.
    const giveUp = runtime.after(2 * disconnectTimeoutMs, resolve)
    client.on('end', () => {
      giveUp.cancel()
      resolve()
    })
    disconnect(client)
  })
}
