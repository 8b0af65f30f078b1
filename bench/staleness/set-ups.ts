import type { CacheLibrary, Load, OpenCache } from '../peers/cache-library.js'

/** A library, and the tiers that it is set up with. */
export interface SetUp {
  /** As in `--only NAME` and in the JSON; stable. */
  readonly name: string
  /** The package; its folder in `bench/peers/` has the same name, and sets it up. */
  readonly cache: string
  /** Whether values are kept in Redis as well as in memory. */
  readonly shared: boolean
  /** Whether it invalidates by tag or group in other processes. */
  readonly hasTags: boolean
}

export const ours = 'cache-invalidation'

/** Ours first. */
export const setUps: readonly SetUp[] = [
  { name: ours, cache: ours, shared: false, hasTags: true },
  { name: 'bentocache', cache: 'bentocache', shared: true, hasTags: true },
  { name: 'bentocache-memory', cache: 'bentocache', shared: false, hasTags: false },
  { name: 'layered-loader', cache: 'layered-loader', shared: true, hasTags: true },
  { name: 'layered-loader-memory', cache: 'layered-loader', shared: false, hasTags: true },
  { name: 'cacheable', cache: 'cacheable', shared: true, hasTags: true },
  { name: 'cacheable-memory', cache: 'cacheable', shared: false, hasTags: false },
]

/** Loads only the packages of this one. */
export async function openSetUp(name: string, url: string, load: Load): Promise<OpenCache> {
  const setUp = setUps.find((each) => each.name === name)
  if (setUp === undefined)
    throw new Error(`Expected the name of a set-up, such as ${String(setUps[0]?.name)}, got \`${name}\``)
  const library = await loadLibrary(setUp.cache)
  return library.open({ url, load, shared: setUp.shared })
}

async function loadLibrary(name: string): Promise<CacheLibrary> {
  const file = `bench/peers/${name}/library.ts`
  const module: unknown = await import(new URL(`../../${file}`, import.meta.url).href)
  if (typeof module === 'object' && module !== null && 'library' in module) {
    const { library } = module
    if (isLibrary(library)) return library
  }
  throw new Error(`Expected ${file} to export a library`)
}

function isLibrary(value: unknown): value is CacheLibrary {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function'
}
