import type { ConnectionOptions } from 'node:tls'
import type { Address, NatMap } from './topology/address.js'

/**
 * What of an ioredis client is used. Clients of ioredis 5 and 6 are both assignable, although their own types are not
 * assignable to each other.
 */
export interface RedisLike {
  readonly status: string
  readonly isCluster: boolean
  readonly options: RedisLikeOptions
  /** The socket, once there is one. */
  readonly stream?: Corkable & { on(event: 'error', listener: () => void): unknown }
  call(command: string, ...args: string[]): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  duplicate(override?: ClientOverrides): RedisLike
}

/**
 * What of an ioredis Cluster is used: what it was made from. None of its connections is. Clusters of ioredis 5 and 6
 * are both assignable.
 */
export interface ClusterLike {
  readonly isCluster: boolean
  readonly options: ClusterLikeOptions
  nodes(): readonly unknown[]
}

/** A client that keys are deleted with: an ioredis client or Cluster, of ioredis 5 or 6. */
export interface KeyClient {
  readonly isCluster: boolean
  readonly options: { readonly keyPrefix?: string | undefined }
  call(command: string, ...args: string[]): Promise<unknown>
}

/** A Cluster that keys are deleted with. */
export interface KeyCluster extends KeyClient {
  nodes(role: 'master'): readonly Pick<KeyClient, 'call'>[]
}

/** What is read of the options of a Cluster. */
export interface ClusterLikeOptions {
  readonly dnsLookup?: DnsLookup | undefined
  readonly keyPrefix?: string | undefined
  readonly natMap?: NatMap | undefined
  readonly redisOptions?: object | undefined
  readonly useSRVRecords?: boolean | undefined
}

/** Looks up the address of a host, as the option `dnsLookup` of a Cluster does. */
export type DnsLookup = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null | undefined, address: string, family?: number) => void,
) => void

/** A stream that can hold back what is written to it. */
export interface Corkable {
  cork(): void
  uncork(): void
}

/** What is read of a client's options. */
export interface RedisLikeOptions {
  readonly username?: string | null | undefined
  readonly password?: string | null | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly keyPrefix?: string | undefined
  readonly connectionName?: string | undefined
  readonly db?: number | undefined
  /** Set where sentinels are asked for the primary of this name. */
  readonly sentinels?: readonly Partial<Address>[] | undefined
  readonly Connector?: unknown
  readonly name?: string | undefined
  readonly natMap?: NatMap | undefined
  readonly family?: number | undefined
  readonly protocol?: 2 | 3 | undefined
  readonly updateSentinels?: boolean | undefined
  readonly tls?: ConnectionOptions | undefined
  readonly enableTLSForSentinelMode?: boolean | undefined
  readonly sentinelTLS?: ConnectionOptions | undefined
  readonly sentinelUsername?: string | null | undefined
  readonly sentinelPassword?: string | null | undefined
}

/** Options that our connections set, whatever the client says they are made from. */
export interface ClientOverrides {
  readonly connectionName: string
  readonly lazyConnect: true
  readonly autoResendUnfulfilledCommands: false
  readonly autoResubscribe: false
  readonly disableClientInfo: true
  readonly disconnectTimeout: number
  readonly enableAutoPipelining: false
  readonly enableOfflineQueue: false
  readonly enableReadyCheck: false
  readonly maxRetriesPerRequest: 0
  readonly monitor: false
  readonly readOnly: false
  readonly reconnectOnError: null
  readonly replyMapping: 'legacy'
  readonly retryStrategy: () => number
  readonly showFriendlyErrorStack: false
  readonly stringNumbers: false
  /** Limits of ioredis' own, which would race ours. */
  readonly commandTimeout: undefined
  readonly socketTimeout: undefined
  readonly blockingTimeout: undefined
  /** Prepared by the user's client on each connect; nothing of ours uses them. */
  readonly himportFieldsets: undefined
  readonly scripts: undefined
}
