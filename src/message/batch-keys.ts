import type { EntityType } from './message.js'

/** The entity type of a batch whose keys are given in full. */
export const untypedBatch = 'batch'

/**
 * The cache keys that a batch with an entity type names. An id becomes a key of the type. A text with a colon may be an
 * id or a key, since services on the crate send both. Unless it begins with the type, it counts as both: an extra
 * eviction does no harm.
 */
export function keysOfType(type: EntityType, ids: readonly string[]): readonly string[] {
  const prefix = `${type}:`
  const keys = new Set<string>()
  for (const id of ids) {
    if (id.startsWith(prefix)) keys.add(id)
    else {
      if (id.includes(':')) keys.add(id)
      keys.add(prefix + id)
    }
  }
  return [...keys]
}

/** The ids that name these cache keys in a batch with an entity type: the inverse of {@link keysOfType}. */
export function idsOfType(type: EntityType, keys: readonly string[]): readonly string[] {
  const prefix = `${type}:`
  const given = new Set(keys)
  return keys.flatMap((key) => {
    const id = key.startsWith(prefix) ? key.slice(prefix.length) : ''
    if (id === '' || id.startsWith(prefix)) return key
    if (!id.includes(':')) return id
    // A text that counted as both is written once.
    return given.has(id) ? [] : key
  })
}
