import { retentionRules } from '../../support/connection-options.js'
import type { Runtime } from '../../support/runtime.js'
import type { ConnectionListener, DeadLetter, LogCommands } from '../log.js'
import { type Announced, type Member, readAnnounced } from '../model/announced.js'
import { type Anchor, type Appended, emptyFrame, type Inspection, type Page, type Presence } from '../model/entry.js'
import type { LogKeys } from '../model/keys.js'
import type { Position } from '../model/position.js'
import type { Retention } from '../model/retention.js'
import type { Replication } from '../model/replication.js'
import type { SessionContext } from './client-source.js'
import { isUnavailable, replyError } from './errors.js'
import { checkPrimary, checkSharded, type LogUse, probe, warnOfEviction } from './probe.js'
import { AtomicReads, PageReader } from './reads.js'
import { kindOfReply } from './refusals.js'
import {
  deadLetterFields,
  readAppended,
  readDeadLetter,
  readEntry,
  readList,
  readNumber,
  readOptionalText,
  readPairs,
  readPresence,
  readStreamInfo,
  readText,
} from './replies.js'
import { askReplication, checkRole } from './role.js'
import { anchorScript } from './scripts/anchor.js'
import { announceScript } from './scripts/announce.js'
import { appendScript } from './scripts/append.js'
import { lookupScript } from './scripts/lookup.js'
import { saveCursorScript } from './scripts/save-cursor.js'
import { trimScript } from './scripts/trim.js'
import type { Send } from './session-calls.js'
import { RedisSession } from './session.js'

/** As good as no limit: nothing is measured for it. */
const anyBytes = retentionRules.maxBytes.max
/** A connection has the stream measured each time it has appended one of so many parts of `maxBytes`. */
const measuredShares = 64
/** What an entry takes beside its frame, about. */
const entryOverhead = 80
/** How often a connection that appends has entries dropped that are too old. */
const ageLookMs = 1_000

/** A command connection to Redis. */
export class RedisCommands implements LogCommands {
  readonly #keys: LogKeys
  readonly #listener: ConnectionListener
  readonly #sharded: boolean
  readonly #uses: readonly LogUse[]
  readonly #database: string
  readonly #commandTimeoutMs: number
  readonly #session: RedisSession
  readonly #reads: AtomicReads
  readonly #pages: PageReader
  readonly #runtime: Runtime
  /** How many bytes may be appended before the stream is measured; none before the first append. */
  #beforeMeasuring = 0
  #measured = false
  #nextAgeLook = 0
  #warned = false

  /** Starts connecting. */
  constructor(keys: LogKeys, context: SessionContext, listener: ConnectionListener) {
    this.#keys = keys
    this.#listener = listener
    this.#runtime = context.runtime
    this.#sharded = context.sharded
    this.#uses = context.uses
    this.#database = String(context.source.database)
    this.#commandTimeoutMs = context.commandTimeoutMs
    this.#session = new RedisSession(context, listener, { prepare: (send) => this.#prepare(send) })
    this.#reads = new AtomicReads(this.#session, [keys.stream, keys.last])
    this.#pages = new PageReader(this.#session, keys, this.#reads)
  }

  get up(): boolean {
    return this.#session.up
  }

  opened(): Promise<void> {
    return this.#session.opened()
  }

  reconnect(): void {
    this.#session.reconnect()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  append(appendId: string, frame: string, retention: Retention): Promise<Appended> {
    const { stream, last, channel } = this.#keys
    const publish = this.#sharded ? 'SPUBLISH' : 'PUBLISH'
    const args = [appendId, frame.slice(1), String(retention.maxEntries), channel, publish, this.#database]
    return this.#session.runScript(appendScript, [stream, last], [...args, ...this.#due(frame, retention)], (reply) =>
      readAppended(this.#placeOf(reply), appendId),
    )
  }

  async waitReplicas(count: number, timeoutMs: number): Promise<number> {
    const deadline = timeoutMs + this.#commandTimeoutMs
    return readNumber(await this.#session.callWithin(deadline, 'wait', String(count), String(timeoutMs)))
  }

  replication(): Promise<Replication> {
    return askReplication(this.#session, this.#keys.stream)
  }

  async head(): Promise<string | undefined> {
    const [last] = await Promise.all([
      this.#session.call('get', this.#keys.last).then(readOptionalText),
      checkRole(this.#session),
    ])
    if (last !== undefined) return last
    const [reply] = await this.#reads.run(['xinfo', 'stream', this.#keys.stream])
    const info = readStreamInfo(reply)
    return info?.last?.position.streamId === info?.lastId ? info?.last?.position.appendId : undefined
  }

  async anchor(appendId: string, retention: Retention): Promise<Anchor | undefined> {
    const { stream, last } = this.#keys
    try {
      const args = [appendId, emptyFrame, ...limitsOf(retention)]
      return await this.#session.runScript(anchorScript, [stream, last], args, (reply) => this.#readAnchor(reply))
    } catch (error) {
      // Without the right to run scripts, a head that is the last entry can still be read.
      if (isUnavailable(error)) return this.#anchoredHead()
      throw error
    }
  }

  async trim({ maxAgeMs }: Retention): Promise<void> {
    if (maxAgeMs === undefined) return
    const read = (reply: unknown): unknown => reply
    const refusal = await this.#session.runScript(trimScript, [this.#keys.stream], [String(maxAgeMs)], read)
    if (typeof refusal === 'string') this.#warnOfRetention(refusal)
  }

  async inspect(position: Position): Promise<Inspection> {
    const { stream, last } = this.#keys
    const { streamId } = position
    const [newest, found, about] = await this.#reads.run(
      ['get', last],
      ['xrange', stream, streamId, streamId],
      ['xinfo', 'stream', stream],
    )
    const entry = readList(found)[0]
    const info = readStreamInfo(about)
    return {
      found: entry === undefined ? undefined : readEntry(entry).position.appendId,
      first: info?.first && { position: info.first.position, prev: info.first.prev },
      last: readOptionalText(newest),
      added: info?.added,
      length: info?.length ?? 0,
    }
  }

  lookup(positions: readonly Position[]): Promise<readonly Presence[]> {
    const pairs = positions.flatMap(({ streamId, appendId }) => [streamId, appendId])
    return this.#session.runScript(lookupScript, [this.#keys.stream], pairs, (reply) =>
      readList(reply).map(readPresence),
    )
  }

  readPage(from: string, count: number, joined = false): Promise<Page> {
    return this.#pages.read(from, count, joined)
  }

  async loadCursor(name: string): Promise<string | undefined> {
    return readOptionalText(await this.#session.call('hget', this.#keys.cursors, name))
  }

  async saveCursor(name: string, position: string, overwrite: boolean): Promise<void> {
    const args = [name, position, overwrite ? '1' : '0']
    await this.#session.runScript(saveCursorScript, [this.#keys.cursors], args, readNumber)
  }

  async addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string> {
    const fields = deadLetterFields(letter)
    return readText(await this.#session.call('xadd', this.#keys.dead, 'MAXLEN', '~', String(cap), '*', ...fields))
  }

  async listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]> {
    const reply = await this.#session.call('xrange', this.#keys.dead, from, '+', 'COUNT', String(count))
    return readList(reply).map(readDeadLetter)
  }

  async removeDeadLetters(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    return readNumber(await this.#session.call('xdel', this.#keys.dead, ...ids))
  }

  async announce(member: Member, id: string, record: string, ttlMs: number): Promise<void> {
    const args = [id, record.slice(1), String(ttlMs)]
    const reply = await this.#session.runScript(announceScript, [this.#register(member)], args, (reply) => reply)
    // Made here and not of a reply that failed: a replica's refusal would replace the connection.
    if (typeof reply === 'string') throw replyError(reply, 'hset', this.#session.server)
  }

  async withdraw(member: Member, id: string): Promise<void> {
    await this.#session.call('hdel', this.#register(member), id)
  }

  async listAnnounced(member: Member): Promise<readonly Announced[]> {
    const [time, reply] = await this.#reads.run(['time'], ['hgetall', this.#register(member)])
    const [seconds, microseconds] = readList(time).map(readNumber)
    const now = Math.floor((seconds ?? 0) * 1_000 + (microseconds ?? 0) / 1_000)
    return readPairs(reply).flatMap(([id, record]) => readAnnounced(id, record, now) ?? [])
  }

  #register(member: Member): string {
    return member === 'publisher' ? this.#keys.publishers : this.#keys.subscribers
  }

  /** The limits that this append applies: of bytes with the first, and once in each share; of age once in a while. */
  #due(frame: string, { maxBytes, maxAgeMs }: Retention): readonly string[] {
    const now = maxAgeMs === undefined ? 0 : this.#runtime.monotonic()
    const tooOld = maxAgeMs !== undefined && now >= this.#nextAgeLook
    if (tooOld) this.#nextAgeLook = now + ageLookMs
    this.#beforeMeasuring -= Buffer.byteLength(frame) + entryOverhead
    const measured = this.#beforeMeasuring <= 0 && maxBytes < anyBytes
    // The first share is a part of one, so that publishers that began together do not measure together.
    const share = maxBytes / measuredShares
    if (measured) {
      const next = this.#measured ? this.#beforeMeasuring + share : share * this.#runtime.random()
      this.#beforeMeasuring = Math.max(0, next)
    }
    this.#measured ||= measured
    return measured || tooOld ? [measured ? String(maxBytes) : '', tooOld ? String(maxAgeMs) : ''] : []
  }

  /** The place in the log that an append has replied with. */
  #placeOf(reply: unknown): unknown {
    if (!Array.isArray(reply)) return reply
    const [place, refusal] = readList(reply)
    this.#warnOfRetention(readText(refusal))
    return place
  }

  #warnOfRetention(refusal: string): void {
    // A replica refuses all writes until its primary is found: that is not about rights.
    if (this.#warned || refusal.startsWith('READONLY')) return
    this.#warned = true
    this.#listener.onWarning?.(
      `The server refuses to keep the log within \`retention\` (${refusal}): it may take more memory, or keep older entries. Grant the rights to MEMORY USAGE, XINFO STREAM and XTRIM on ${this.#keys.stream}, and to TIME`,
    )
  }

  async #prepare(send: Send): Promise<void> {
    const { primaryOnly, server } = this.#session
    if (primaryOnly) await checkPrimary(send, server)
    if (this.#sharded) await checkSharded(send, server)
    const warn = (text: string): void => this.#listener.onWarning?.(text)
    await Promise.all([probe(send, this.#keys, server, this.#uses), warnOfEviction(send, server, warn)])
  }

  /** Reads the script's reply: the anchor, or why the script may not write. */
  #readAnchor(reply: unknown): Anchor | undefined {
    if (typeof reply === 'string') {
      const kind = kindOfReply(reply)
      if (kind === 'readonly' || kind === 'refused') return undefined
      throw replyError(reply, 'xadd', this.#session.server)
    }
    const [streamId, appendId, added, refusal] = readList(reply)
    if (typeof refusal === 'string') this.#warnOfRetention(refusal)
    return {
      position: { streamId: readText(streamId), appendId: readText(appendId) },
      added: added === null ? undefined : readNumber(added),
    }
  }

  async #anchoredHead(): Promise<Anchor | undefined> {
    const { stream, last } = this.#keys
    const [newest, about] = await this.#reads.run(['get', last], ['xinfo', 'stream', stream])
    const info = readStreamInfo(about)
    if (info?.last === undefined || info.last.position.appendId !== newest) return undefined
    return { position: info.last.position, added: info.added }
  }
}

function limitsOf({ maxEntries, maxBytes, maxAgeMs }: Retention): [entries: string, bytes: string, age: string] {
  return [
    String(maxEntries),
    maxBytes < anyBytes ? String(maxBytes) : '',
    maxAgeMs === undefined ? '' : String(maxAgeMs),
  ]
}
