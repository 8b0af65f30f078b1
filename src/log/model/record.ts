import { isArray, type Json, type JsonObject } from '../../message/message.js'
import type { Retention } from './retention.js'

/** How often a member announces itself at least, unless its heartbeat is slower. */
const announceEveryMs = 5_000

/** How often a member with this heartbeat announces itself while nothing changes. */
export function announceIntervalMs(heartbeatMs: number): number {
  return Math.max(announceEveryMs, heartbeatMs)
}

/** The latest time that a `Date` can hold; no count reaches it. */
const latestTime = 8.64e15

/** Longer texts are cut, so that a record stays small. */
const maxTextLength = 255

/** The retention that a member announced. */
export interface AnnouncedRetention extends Omit<Retention, 'maxBytes'> {
  /** Undefined in records of versions that kept a number of entries alone. */
  readonly maxBytes: number | undefined
}

/** A record as JSON. */
export function encodeRecord(record: object): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'string' ? value.slice(0, maxTextLength) : value,
  )
}

/** Reads the JSON object of a record; undefined for any other text. Never throws. */
export function parseRecord(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !isArray(value) ? value : undefined
  } catch {
    // Not JSON: something else wrote it.
    return undefined
  }
}

/**
 * The retention of a record. Older versions wrote `cap`, a number of entries, and kept any number of bytes. Undefined
 * for anything else.
 */
export function pickRetention(record: JsonObject): AnnouncedRetention | undefined {
  const { cap, retention = cap === undefined ? undefined : { maxEntries: cap } } = record
  if (typeof retention !== 'object' || retention === null || isArray(retention)) return undefined
  const { maxEntries, maxBytes, maxAgeMs } = retention
  if (!isCount(maxEntries) || !isOptionalCount(maxBytes) || !isOptionalCount(maxAgeMs)) return undefined
  return { maxEntries, maxBytes, maxAgeMs }
}

/** A record with `cap` as well: versions that know no `retention` do not read a record without it. */
export function withCap<Member extends { readonly retention: AnnouncedRetention }>(
  record: Member,
): Member & { readonly cap: number } {
  return { ...record, cap: record.retention.maxEntries }
}

function isOptionalCount(value: Json | undefined): value is number | undefined {
  return value === undefined || isCount(value)
}

/** The named fields, if all of them have the given type. */
export function pickFields<Name extends string, Value extends Json>(
  record: JsonObject,
  names: readonly Name[],
  isKind: (value: Json | undefined) => value is Value,
): Record<Name, Value> | undefined {
  const picked = new Map<string, Value>()
  for (const name of names) {
    const value = record[name]
    if (!isKind(value)) return undefined
    picked.set(name, value)
  }
  // Sound: these are the requested names, and each value was checked.
  return Object.fromEntries(picked) as Record<Name, Value>
}

export function isShortText(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length <= maxTextLength
}

export function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestTime
}

export function isFlag(value: Json | undefined): value is boolean {
  return typeof value === 'boolean'
}
