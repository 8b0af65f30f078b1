import type { MemoryTier } from './peers/memory-tier.js'

/** A cache in memory that is measured. */
export interface MemoryTierInfo {
  /** As a variant is called in the results; stable. */
  readonly name: string
  /** As people read it. */
  readonly title: string
  /** The folder of `peers/` that has its packages. Default: what the bench has anyway is enough. */
  readonly folder?: string
}

/** Ours first, then what it is compared with. */
export const memoryTiers: readonly MemoryTierInfo[] = [
  { name: 'cache-invalidation', title: 'cache-invalidation' },
  { name: 'lru-cache', title: 'lru-cache, key made of type and id' },
  { name: 'lru-cache-by-id', title: 'lru-cache, the id alone' },
  { name: 'bentocache', title: 'bentocache, its L1', folder: 'bentocache' },
  { name: 'layered-loader', title: 'layered-loader, in memory', folder: 'layered-loader' },
  { name: 'cacheable', title: 'cacheable, its primary store', folder: 'cacheable' },
]

/** Loads only the packages of this one. */
export async function loadMemoryTier(name: string): Promise<MemoryTier> {
  switch (name) {
    case 'cache-invalidation':
      return (await import('./peers/coherent-cache.js')).coherentCache
    case 'lru-cache':
      return (await import('./peers/lru-cache.js')).lruCache
    case 'lru-cache-by-id':
      return (await import('./peers/lru-cache.js')).lruCacheById
    default:
      return await loadFromFolder(name)
  }
}

async function loadFromFolder(name: string): Promise<MemoryTier> {
  const folder = memoryTiers.find((each) => each.name === name)?.folder
  if (folder === undefined) throw new Error(`Expected the name of a cache, such as lru-cache, got \`${name}\``)
  const module: unknown = await import(new URL(`peers/${folder}/memory-tier.ts`, import.meta.url).href)
  if (typeof module === 'object' && module !== null && 'memoryTier' in module && isMemoryTier(module.memoryTier))
    return module.memoryTier
  throw new Error(`Expected bench/peers/${folder}/memory-tier.ts to export a memoryTier`)
}

function isMemoryTier(value: unknown): value is MemoryTier {
  return typeof value === 'object' && value !== null && 'open' in value
}
