import { type BuiltInEntity, type EntityType, isArray, type Json } from './message.js'

const wireNames: Record<BuiltInEntity, string> = {
  user: 'User',
  post: 'Post',
  comment: 'Comment',
  notification: 'Notification',
  feed: 'Feed',
}

// Maps, because a look-up in an object would also find `constructor` and the like.
const jsonByType: ReadonlyMap<string, string> = new Map(
  Object.entries(wireNames).map(([type, name]) => [type, JSON.stringify(name)]),
)
/** The built-in entity types by their names on the wire. */
export const entityTypesByName: ReadonlyMap<string, EntityType> = new Map(
  Object.entries(wireNames).map(([type, name]) => [name, type]),
)

/** A built-in entity type as JSON on the wire; undefined for any other. */
export function builtInToJson(type: string): string | undefined {
  return jsonByType.get(type)
}

/** The built-in entity type that a type differs from in case only: `user` for `User`; undefined for all other types. */
export function builtInMeantBy(type: string): string | undefined {
  if (jsonByType.has(type)) return undefined
  const lower = type.toLowerCase()
  return jsonByType.has(lower) ? lower : undefined
}

/** The entity type as JSON on the wire: `"User"` for `user`, `{"Custom":"session"}` for `session`. */
export function entityTypeToJson(type: EntityType): string {
  return jsonByType.get(type) ?? `{"Custom":${JSON.stringify(type)}}`
}

/**
 * Reads an entity type from its wire form: `"User"`, `{"User":null}` or `{"Custom":"session"}`. A custom type with a
 * built-in name is that built-in type: both mean the same cache keys. Undefined where the value is none of these.
 */
export function entityTypeFromWire(wire: Json | undefined): EntityType | undefined {
  if (typeof wire === 'string') return entityTypesByName.get(wire)
  if (typeof wire !== 'object' || wire === null || isArray(wire)) return undefined
  const [variant, ...others] = Object.entries(wire)
  if (variant === undefined || others.length > 0) return undefined
  const [name, content] = variant
  if (name === 'Custom') return typeof content === 'string' ? content : undefined
  return content === null ? entityTypesByName.get(name) : undefined
}
