import { countedDigits, type CountedId, idText } from '../../support/counted-uuids.js'
import { isExactMoment, timestampText } from '../../support/precise-clock.js'
import { builtInMeantBy, builtInToJson } from '../entity.js'
import type { Invalidation } from '../message.js'
import { microsecondLength } from '../timestamp.js'
import type { TraceContext } from '../trace-context.js'
import type { MessageDefaults, PreparedMessage } from './prepared-message.js'

type EntityAction = 'delete' | 'update'

/** What plain messages of the same entity type, action and source have in common. */
export interface PlainKind {
  readonly coalesceGroup: string
  readonly source: string
  /** Action and entity type, as columns have them. */
  readonly json: string
  /**
   * The text before the message's id, before its timestamp, before its entity's id, and at its end; quotes included.
   */
  readonly texts: readonly [head: string, afterId: string, beforeEntity: string, tail: string]
  /** Length of all of them. */
  readonly length: number
  /** What a message takes in columns beside its id and trace, in bytes. */
  readonly columnBytes: number
}

/** Printable ASCII without anything that JSON escapes: quoted as it is, a byte for each character. */
const plain = /^[ !#-[\]-~]{1,512}$/

/** The same without spaces, which separate ids in a column. */
const plainId = /^[!#-[\]-~]{1,512}$/

/** In columns: separators, quotes, and the time since the last message. */
const columnBytes = 9

/** A longer kind counts with each of its messages: a frame may have a kind for each, and must not exceed its limit. */
const shortKind = 64

/** A service has some entity types; one that makes them up must not keep them all. */
const maxKinds = 1_000

/** Publishers of one process sign alike, or are few. */
const maxSources = 16

type Kinds = Readonly<Record<EntityAction, Map<string, PlainKind>>>

const kindsBySource = new Map<string, Kinds>()
/** The source of the last message. */
let lastSource: string | undefined
let kinds: Kinds = noKinds()

/**
 * Prepares the commonest messages: an entity, named in plain text, signed by the publisher itself, without metadata.
 * Takes a third as long as the checks of each field, and gives the same text. Undefined for every other message, and
 * for a trace that has more than its `traceparent`.
 */
export function preparePlain(
  given: Invalidation & Partial<MessageDefaults>,
  defaults: MessageDefaults,
  trace?: TraceContext,
): PreparedMessage | undefined {
  if (given.action !== 'delete' && given.action !== 'update') return undefined
  const { action, entityType, entityId, metadata } = given
  if (metadata !== undefined || given.messageId !== undefined || given.timestamp !== undefined) return undefined
  if (given.sourceService !== undefined || !isPlainId(entityId)) return undefined
  if (trace && (trace.tracestate !== undefined || !isPlain(trace.traceparent))) return undefined
  const kind = kindOf(action, entityType, defaults.sourceService)
  return kind && new PlainMessage(kind, defaults, entityId, trace)
}

/**
 * The coalesce group of an entity's invalidation by the publisher itself, without metadata; its key is the entity's id.
 */
export function plainGroup(action: EntityAction, entityType: string): string {
  return `${action}:${entityType}`
}

/** Undefined if the type or the source is not plain. */
function kindOf(action: EntityAction, entityType: string, source: string): PlainKind | undefined {
  if (source !== lastSource) {
    if (!isPlain(source)) return undefined
    kinds = kindsOf(source)
    lastSource = source
  }
  const known = kinds[action].get(entityType)
  if (known) return known
  const type = builtInToJson(entityType) ?? plainCustom(entityType)
  if (type === undefined) return undefined
  const kind = makeKind(action, entityType, type, source)
  if (kinds[action].size === maxKinds) kinds[action].clear()
  kinds[action].set(entityType, kind)
  return kind
}

/** A built-in type in another case is refused, by the checks of each field. */
function plainCustom(entityType: string): string | undefined {
  return isPlain(entityType) && builtInMeantBy(entityType) === undefined ? `{"Custom":"${entityType}"}` : undefined
}

function kindsOf(source: string): Kinds {
  const known = kindsBySource.get(source)
  if (known) return known
  const made = noKinds()
  if (kindsBySource.size === maxSources) kindsBySource.clear()
  kindsBySource.set(source, made)
  return made
}

function makeKind(action: EntityAction, entityType: string, type: string, source: string): PlainKind {
  const head = '{"message_id":"'
  const afterId = '","timestamp":"'
  const beforeEntity = `","entity_type":${type},"entity_id":"`
  const tail = `","action":"${action === 'delete' ? 'Delete' : 'Update'}","source_service":"${source}"}`
  const json = `["${action === 'delete' ? 'Delete' : 'Update'}",${type}]`
  return {
    coalesceGroup: plainGroup(action, entityType),
    source,
    json,
    texts: [head, afterId, beforeEntity, tail],
    length: head.length + afterId.length + beforeEntity.length + tail.length,
    columnBytes: columnBytes + Math.max(0, json.length - shortKind),
  }
}

function noKinds(): Kinds {
  return { delete: new Map(), update: new Map() }
}

function isPlainId(text: unknown): boolean {
  return typeof text === 'string' && plainId.test(text)
}

function isPlain(text: unknown): boolean {
  return typeof text === 'string' && plain.test(text)
}

/** Names, times and signs a message. The texts are made when they are asked for: columns need few of them. */
export class Stamp implements MessageDefaults {
  readonly series: string
  readonly count: number
  readonly microseconds: number
  readonly sourceService: string

  constructor({ series, count }: CountedId, microseconds: number, sourceService: string) {
    this.series = series
    this.count = count
    this.microseconds = microseconds
    this.sourceService = sourceService
  }

  /** Whether its message id and timestamp can be written in columns. */
  get isCounted(): boolean {
    return this.count >= 0 && isExactMoment(this.microseconds)
  }

  get messageId(): string {
    return idText(this)
  }

  get timestamp(): string {
    return timestampText(this.microseconds)
  }
}

const beforeTrace = '","traceparent":"'

/**
 * A message of ASCII without anything to escape. Its text is put together when it is sent, so that its parts are copied
 * once, with the other messages of its frame. Text made before would keep every part in memory for as long as the
 * message waits.
 */
export class PlainMessage implements PreparedMessage {
  readonly coalesceKey: string
  readonly trace: TraceContext | undefined
  readonly kind: PlainKind
  readonly defaults: MessageDefaults

  /** @param trace without a `tracestate` */
  constructor(kind: PlainKind, defaults: MessageDefaults, entityId: string, trace?: TraceContext) {
    this.coalesceKey = entityId
    this.trace = trace
    this.kind = kind
    this.defaults = defaults
  }

  get messageId(): string {
    return this.defaults.messageId
  }

  get bytes(): number {
    const { kind, defaults, coalesceKey, trace } = this
    const length = kind.length + coalesceKey.length + idLength(defaults) + timestampLength(defaults)
    return trace ? length + beforeTrace.length + trace.traceparent.length : length
  }

  get packedBytes(): number {
    const { kind, defaults, coalesceKey, trace } = this
    if (!(defaults instanceof Stamp) || !defaults.isCounted) return this.bytes
    const length = coalesceKey.length + kind.columnBytes
    return trace ? length + trace.traceparent.length : length
  }

  get json(): string {
    const [head, afterId, beforeEntity, tail] = this.kind.texts
    const start = head + this.defaults.messageId + afterId + this.defaults.timestamp
    const traced = this.trace ? start + beforeTrace + this.trace.traceparent : start
    return traced + beforeEntity + this.coalesceKey + tail
  }

  get coalesceGroup(): string {
    return this.kind.coalesceGroup
  }
}

function idLength(defaults: MessageDefaults): number {
  if (!(defaults instanceof Stamp)) return defaults.messageId.length
  return defaults.series.length + (defaults.count >= 0 ? countedDigits : 0)
}

function timestampLength(defaults: MessageDefaults): number {
  return defaults instanceof Stamp ? microsecondLength : defaults.timestamp.length
}
