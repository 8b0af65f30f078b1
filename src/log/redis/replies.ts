import { describeValue } from '../../support/describe-value.js'
import { RedisError } from '../../support/errors.js'
import type { DeadLetter } from '../log.js'
import type { Appended, Entry, Page, Presence } from '../model/entry.js'
import type { Replication } from '../model/replication.js'

/** What XINFO STREAM says of a stream. */
export interface StreamInfo {
  readonly length: number
  /** How many entries were ever added; undefined before Redis 7. */
  readonly added: number | undefined
  /** The last ID ever generated. */
  readonly lastId: string
  readonly first: Entry | undefined
  readonly last: Entry | undefined
}

export function readText(reply: unknown): string {
  if (typeof reply === 'string') return reply
  throw unexpected('a text', reply)
}

export function readOptionalText(reply: unknown): string | undefined {
  return reply === null ? undefined : readText(reply)
}

export function readNumber(reply: unknown): number {
  const number = typeof reply === 'string' ? Number(reply) : reply
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw unexpected('a number', reply)
}

export function readList(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw unexpected('a list', reply)
}

/** A hash: a flat list of fields and values. */
export function readPairs(reply: unknown): readonly (readonly [field: string, value: string])[] {
  const flat = readList(reply).map(readText)
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []))
}

/** An entry of a stream: its ID, and its fields as a flat list of names and values. */
export function readFields(reply: unknown): { id: string; fields: readonly unknown[] } {
  const [id, fields] = readList(reply)
  return { id: readText(id), fields: readList(fields) }
}

/** An entry of the log. A field that somebody else's entry lacks is empty: it continues nothing. */
export function readEntry(reply: unknown): Entry {
  const { id, fields } = readFields(reply)
  // As we write them; looking each up by its name costs a third of reading a page.
  const asWritten = fields[0] === 'a' && fields[2] === 'p' && fields[4] === 'm'
  const appendId = asWritten ? fields[1] : (field(fields, 'a') ?? '')
  const prev = asWritten ? fields[3] : (field(fields, 'p') ?? '')
  const frame = asWritten ? fields[5] : (field(fields, 'm') ?? '')
  return { position: { streamId: id, appendId: readText(appendId) }, prev: readText(prev), frame: readText(frame) }
}

/**
 * A page as `readPageScript` replies. Undefined where a line break that somebody put into an append id makes the lines
 * too many to tell which is which.
 */
export function readJoinedPage(reply: unknown): Page | undefined {
  const [newest, places, rest] = readList(reply)
  const last = readOptionalText(newest)
  if (typeof places !== 'string') return { entries: readList(places).map(readEntry), last }
  const frames = readList(rest)
  if (frames.length === 0) return { entries: [], last }
  const lines = places.split('\n')
  if (lines.length !== 3 * frames.length) return undefined
  const entries = frames.map((frame, index): Entry => {
    const [streamId = '', appendId = '', prev = ''] = [lines[3 * index], lines[3 * index + 1], lines[3 * index + 2]]
    return { position: { streamId, appendId }, prev, frame: readText(frame) }
  })
  return { entries, last }
}

/** The value of a field in a flat list of names and values; undefined where it is missing. */
export function field(fields: readonly unknown[], name: string): unknown {
  for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return fields[index + 1]
  return undefined
}

/** The reply of the append script: stream ID, receivers and prev, a space between them. */
export function readAppended(reply: unknown, appendId: string): Appended {
  const text = readText(reply)
  const idEnd = text.indexOf(' ')
  const receiversEnd = text.indexOf(' ', idEnd + 1)
  if (idEnd < 1 || receiversEnd < 0) throw unexpected('the place of an append', reply)
  return {
    position: { streamId: text.slice(0, idEnd), appendId },
    receivers: readNumber(text.slice(idEnd + 1, receiversEnd)),
    prev: text.slice(receiversEnd + 1),
  }
}

export function readPresence(reply: unknown): Presence {
  if (reply === 'intact' || reply === 'gone' || reply === 'below') return reply
  throw unexpected('a presence', reply)
}

/** The reply of XINFO STREAM, a flat list; undefined where there is no such stream. */
export function readStreamInfo(reply: unknown): StreamInfo | undefined {
  if (reply === null) return undefined
  const info = readList(reply)
  const added = field(info, 'entries-added')
  const first = field(info, 'first-entry') ?? null
  const last = field(info, 'last-entry') ?? null
  return {
    length: readNumber(field(info, 'length')),
    added: added === undefined ? undefined : readNumber(added),
    lastId: readText(field(info, 'last-generated-id')),
    first: first === null ? undefined : readEntry(first),
    last: last === null ? undefined : readEntry(last),
  }
}

function unexpected(expected: string, reply: unknown): RedisError {
  const got = describeValue(reply)
  return new RedisError('reply', `Expected ${expected} as a reply, got ${got}: what answers is no Redis`)
}

/** The fields of INFO, or settings, by name. */
export type Named = ReadonlyMap<string, string>

/** The reply of INFO: `name:value` by the line, in sections. */
export function readInfo(reply: unknown): Named {
  const lines = readText(reply).split(/\r?\n/)
  return new Map(
    lines
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1)]
      }),
  )
}

/** Which server answers. */
export interface ServerIdentity {
  /** `Valkey 9.1.2`; `Redis` for each server that names nothing else; without a number if it names none. */
  readonly name: string
  /** The version of Redis that it is, or says that it can replace: Valkey 9.1.2 says 7.2.4. Undefined if it names none. */
  readonly redisVersion: string | undefined
  /** Whether it is a sentinel. */
  readonly isSentinel: boolean
}

/** Servers that name their own version beside the version of Redis that they can replace. */
const namedServers = ['Valkey', 'Redict', 'Dragonfly', 'Garnet'] as const

/** The server section of INFO. Valkey has `server_mode`, or `redis_mode` with `extended-redis-compatibility`; Redict `redict_mode`. */
export function readServer(info: Named): ServerIdentity {
  const redisVersion = info.get('redis_version')
  const product = namedServers.find((name) => info.has(versionField(name)))
  const version = product === undefined ? redisVersion : info.get(versionField(product))
  const mode = info.get('server_mode') ?? info.get('redis_mode') ?? info.get('redict_mode')
  return { name: [product ?? 'Redis', version].join(' ').trimEnd(), redisVersion, isSentinel: mode === 'sentinel' }
}

function versionField(server: string): string {
  return `${server.toLowerCase()}_version`
}

/** The replication section of INFO. */
export function readReplication(info: Named): Replication {
  const role = roleOf(info.get('role'))
  return { id: info.get('master_replid'), role, linkAgeMs: role === 'replica' ? linkAgeOf(info) : undefined }
}

/** The role that HELLO names; undefined if it names none. */
export function readRole(reply: unknown): Replication['role'] {
  return roleOf(field(readList(reply), 'role'))
}

function roleOf(name: unknown): Replication['role'] {
  if (name === 'master') return 'primary'
  return name === 'slave' || name === 'replica' ? 'replica' : undefined
}

/**
 * The age of the last byte from the primary. The state of the link is no substitute: it is up for a minute after the
 * link has stalled. The server counts whole seconds, so up to one more may have passed.
 */
function linkAgeOf(info: Named): number | undefined {
  const seconds = Number(info.get('master_last_io_seconds_ago') ?? -1)
  return info.get('master_link_status') === 'up' && seconds >= 0 ? (seconds + 1) * 1_000 : undefined
}

/** A dead letter as the fields of a stream entry. */
export function deadLetterFields(letter: Omit<DeadLetter, 'id'>): string[] {
  const { message, error, subscriber, tries, service, host, pid } = letter
  const fields = ['message', message, 'error', error, 'subscriber', subscriber, 'tries', String(tries)]
  if (service !== undefined) fields.push('service', service)
  if (host !== undefined) fields.push('host', host)
  if (pid !== undefined) fields.push('pid', String(pid))
  return fields
}

/** Reads an entry of the dead-letter stream. */
export function readDeadLetter(reply: unknown): DeadLetter {
  const { id, fields } = readFields(reply)
  const text = (name: string): string => readText(field(fields, name) ?? '')
  const has = (name: string): boolean => field(fields, name) !== undefined
  return {
    id,
    message: text('message'),
    error: text('error'),
    subscriber: text('subscriber'),
    tries: Number(text('tries')) || 0,
    ...(has('service') && { service: text('service') }),
    ...(has('host') && { host: text('host') }),
    ...(has('pid') && { pid: Number(text('pid')) || 0 }),
  }
}
