import type { Peer } from './peers/peer.js'

/** Something that is measured for how it tells other processes what must go from their caches. */
export interface PeerInfo {
  /** As a variant is called in the results; stable. */
  readonly name: string
  /** As people read it. */
  readonly title: string
  /** Measured with `--full` alone: the default run takes no more than five minutes. Default: false. */
  readonly onlyFull?: boolean
  /** The folder of `peers/` that has its packages. Default: what the bench has anyway is enough. */
  readonly folder?: string
}

/** Ours first, then what it is compared with. */
export const peers = [
  { name: 'cache-invalidation', title: 'cache-invalidation' },
  { name: 'ioredis', title: 'ioredis PUBLISH/SUBSCRIBE' },
  { name: 'ioredis-autopipelining', title: 'ioredis PUBLISH, autopipelining', onlyFull: true },
  { name: 'xread', title: 'ioredis XADD, XREAD BLOCK' },
  { name: 'bentocache', title: 'bentocache, its bus', folder: 'bentocache' },
  { name: 'layered-loader', title: 'layered-loader, its notifications', folder: 'layered-loader' },
  { name: 'cacheable', title: 'cacheable, its sync', folder: 'cacheable' },
  { name: 'node-redis-csc', title: 'node-redis, client-side caching', folder: 'node-redis-csc' },
] as const satisfies readonly PeerInfo[]

/** Loads only the packages of this one. */
export async function loadPeer(name: string): Promise<Peer> {
  switch (name) {
    case 'cache-invalidation':
      return (await import('./peers/cache-invalidation.js')).cacheInvalidation
    case 'cache-invalidation-cache':
      return (await import('./peers/cached-subscriber.js')).cachedSubscriber
    case 'ioredis':
      return (await import('./peers/ioredis.js')).ioredis
    case 'ioredis-autopipelining':
      return (await import('./peers/ioredis.js')).ioredisAutopipelining
    case 'xread':
      return (await import('./peers/xread.js')).xread
    default:
      return await loadFromFolder(name)
  }
}

async function loadFromFolder(name: string): Promise<Peer> {
  const info: PeerInfo | undefined = peers.find((each) => each.name === name)
  if (info?.folder === undefined)
    throw new Error(`Expected the name of a peer, such as ${peers[0].name}, got \`${name}\``)
  const module: unknown = await import(new URL(`peers/${info.folder}/peer.ts`, import.meta.url).href)
  if (typeof module === 'object' && module !== null && 'peer' in module && isPeer(module.peer)) return module.peer
  throw new Error(`Expected bench/peers/${info.folder}/peer.ts to export a peer`)
}

function isPeer(value: unknown): value is Peer {
  if (typeof value !== 'object' || value === null) return false
  return ['openPublisher', 'openSubscriber'].every((name) => name in value)
}
