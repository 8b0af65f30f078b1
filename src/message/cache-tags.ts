import { describeValue } from '../support/describe-value.js'
import { InvalidMessageError } from '../support/errors.js'
import { maxTextBytes } from './limits.js'
import { isArray, type Json, type JsonObject, type TagInvalidation } from './message.js'

/** The entity type of a batch that names tags. A reader that knows no tags takes their keys for keys that no cache has. */
export const tagType = 'cache-tag'
const tagPrefix = `${tagType}:`

/** A tag, in UTF-8 bytes: its key is as long as any other may be. */
export const maxTagBytes = maxTextBytes - tagPrefix.length

/** The key that names a tag on the wire. */
export function keyOfTag(tag: string): string {
  return tagPrefix + tag
}

/** The tag that such a batch names by its key or, as services on the crate may write it, by itself. */
export function tagOfKey(key: string): string {
  return key.startsWith(tagPrefix) ? key.slice(tagPrefix.length) : key
}

/** What the metadata of a batch of tags says. */
type TagData = Pick<TagInvalidation, 'mode' | 'metadata'>

/**
 * Reads the metadata of a batch of tags. Metadata of any other form than ours is the application's: then the tags are
 * evicted, since nobody said that they may be served any longer.
 */
export function tagDataFromWire(wire: Json | undefined): TagData {
  const isOurs = isTagData(wire)
  const metadata = isOurs ? wire.metadata : wire
  return {
    ...(isOurs && wire.mode === 'expire' && { mode: wire.mode }),
    ...(metadata !== undefined && metadata !== null && { metadata }),
  }
}

function isTagData(wire: Json | undefined): wire is JsonObject {
  if (typeof wire !== 'object' || wire === null || isArray(wire)) return false
  if (wire.mode !== 'evict' && wire.mode !== 'expire') return false
  return Object.keys(wire).every((name) => name === 'mode' || name === 'metadata')
}

/**
 * Writes it, around the JSON of the application's metadata; empty if there is nothing to say.
 *
 * @throws InvalidMessageError when the mode is neither of the two
 */
export function tagDataToJson(mode: unknown, metadata: string): string {
  if (mode !== undefined && mode !== 'evict' && mode !== 'expire') {
    throw new InvalidMessageError(`Expected \`mode\` to be "evict" or "expire", got ${describeValue(mode)}`)
  }
  if (mode !== 'expire' && metadata === '') return ''
  return `{"mode":"${mode ?? 'evict'}"${metadata === '' ? '' : `,"metadata":${metadata}`}}`
}
