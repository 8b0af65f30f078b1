/** What a connection is for. */
export type ConnectionRole = 'publisher' | 'subscriber' | 'feed' | 'cli'

/** Who opens the connections of a log. */
export interface ConnectionOwner {
  readonly role: ConnectionRole
  /** Empty if it has no name. */
  readonly service: string
}

const prefix = 'cache-invalidation'
/** Longer ones are cut, so that a line of CLIENT LIST stays readable. */
const maxServiceLength = 100

/**
 * The name of a connection in CLIENT LIST, such as `cache-invalidation:publisher:user-service`. Redis takes printable
 * ASCII without spaces; every other byte of UTF-8 is percent-encoded, as in `%20`.
 */
export function connectionName(owner: ConnectionOwner | undefined): string {
  if (owner === undefined) return prefix
  const service = Buffer.from(owner.service.slice(0, maxServiceLength))
  const text = Array.from(service, encodeByte).join('')
  return text === '' ? `${prefix}:${owner.role}` : `${prefix}:${owner.role}:${text}`
}

/** If the user's client has a name, that name comes first. */
export function behindOwnName(ownName: string | undefined, name: string): string {
  return ownName ? `${ownName}:${name}` : name
}

function encodeByte(byte: number): string {
  const isPrintable = byte > 0x20 && byte < 0x7f
  return isPrintable ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
