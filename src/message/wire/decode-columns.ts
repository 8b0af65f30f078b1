import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'
import { idInSeries } from '../../support/counted-uuids.js'
import { minSlice, ownCopy } from '../../support/own-copy.js'
import { isExactMoment, timestampText } from '../../support/precise-clock.js'
import { entityTypeFromWire } from '../entity.js'
import { maxFrameMessages } from '../limits.js'
import { type EntityType, type InvalidationMessage, isArray, type Json, type JsonObject } from '../message.js'
import { timestampMicroseconds } from '../timestamp.js'
import { readTraceContext, type TraceContext } from '../trace-context.js'
import { requireObject, requireText } from './json.js'

/** The messages of a frame that were written in columns. */
export interface ColumnMessages {
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent if no message has one. */
  readonly traces: readonly (TraceContext | undefined)[] | undefined
  /** When each message was made, in ms since the epoch. */
  readonly times: readonly number[]
}

interface Kind {
  readonly action: 'delete' | 'update'
  readonly entityType: EntityType
}

/**
 * Reads the columns of a frame. Each column says how many messages it is for, and all must agree, so no column can make
 * a reader build more messages than there are ids in the text.
 *
 * @throws InvalidMessageError that names the column, and nothing else: then no message of the columns is read
 */
export function readColumns(value: Json): ColumnMessages {
  const columns = requireObject(value)
  const entityIds = readEntityIds(columns.entity_ids)
  const count = entityIds.length
  const sourceService = requireText(columns.source_service, 'source_service')
  const kinds = readKinds(columns, count)
  const messageIds = readMessageIds(columns.message_ids, count)
  const times = readTimes(columns, count)
  const messages: InvalidationMessage[] = []
  for (let index = 0; index < count; index++) {
    const { action, entityType } = itemAt(kinds, index)
    messages.push({
      action,
      entityType,
      entityId: itemAt(entityIds, index),
      messageId: itemAt(messageIds, index),
      timestamp: timestampText(itemAt(times, index)),
      sourceService,
    })
  }
  const traces = readTraces(columns.traceparents, count)
  return { messages, traces, times: times.map((microseconds) => microseconds / 1_000) }
}

/** Lengths were compared before. */
function itemAt<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw badColumn('columns', 'as many items in each column', items.length)
  return item
}

/** Ids as one text with spaces between them, or as a list. */
function readEntityIds(column: Json | undefined): readonly string[] {
  if (typeof column === 'string') {
    const ids = column.split(' ', maxFrameMessages + 1)
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] ?? ''
      if (id.length >= minSlice) ids[index] = ownCopy(requireText(id, 'entity_ids'))
    }
    return requireCount(ids)
  }
  if (!isArray(column)) throw badColumn('entity_ids', 'a text with spaces between the ids, or a list of ids', column)
  return requireCount(column.map((id) => requireText(id, 'entity_ids')))
}

function requireCount(ids: readonly string[]): readonly string[] {
  if (ids.length > 0 && ids.length <= maxFrameMessages) return ids
  throw new InvalidMessageError(
    `Expected columns of 1 to ${maxFrameMessages} messages, got ${ids.length > maxFrameMessages ? 'more' : 'none'}`,
    { reason: 'size' },
  )
}

/** The kind of each message. */
function readKinds({ kinds: given, runs }: JsonObject, count: number): readonly Kind[] {
  if (!isArray(given)) throw badColumn('kinds', 'a list of pairs of action and entity type', given)
  if (!isArray(runs)) throw badColumn('runs', 'a list of pairs of a number of `kinds` and a count', runs)
  const known = new Map<Json, Kind>()
  const kinds: Kind[] = []
  for (let at = 0; at < runs.length; at += 2) {
    const number = runs[at] ?? null
    const kind = known.get(number) ?? readKind(given[requireWhole(number, 'runs', 0)])
    known.set(number, kind)
    const end = kinds.length + requireWhole(runs[at + 1], 'runs', 1)
    if (end > count) throw unequal('runs', end, count)
    while (kinds.length < end) kinds.push(kind)
  }
  if (kinds.length !== count) throw unequal('runs', kinds.length, count)
  return kinds
}

function readKind(kind: Json | undefined): Kind {
  const [action, type] = isArray(kind) ? kind : []
  const entityType = entityTypeFromWire(type)
  if ((action !== 'Delete' && action !== 'Update') || entityType === undefined) {
    throw badColumn('kinds', '"Delete" or "Update", and an entity type', kind)
  }
  return { action: action === 'Delete' ? 'delete' : 'update', entityType: requireText(entityType, 'kinds') }
}

/** The message id of each message. */
function readMessageIds(column: Json | undefined, count: number): readonly string[] {
  if (!isArray(column)) throw badColumn('message_ids', 'a list of series', column)
  const ids: string[] = []
  for (const each of column) {
    if (!isArray(each)) throw badColumn('message_ids', 'a list for each series', each)
    readSeries(each, count, ids)
  }
  if (ids.length !== count) throw unequal('message_ids', ids.length, count)
  return ids
}

/** Each message of a series has its text in its id, so a long one would be there 10,000 times. */
const maxSeriesLength = 512

/** A series: what its ids begin with, a count to begin at, how many count up; then pairs of a gap and how many again. */
function readSeries(series: readonly Json[], count: number, ids: string[]): void {
  const prefix = requireText(series[0], 'message_ids')
  if (prefix.length > maxSeriesLength)
    throw badColumn('message_ids', `at most ${maxSeriesLength} characters a series`, prefix)
  let next = 0
  for (let at = 1; at < series.length; at += 2) {
    next += requireWhole(series[at], 'message_ids', 0)
    const end = next + requireWhole(series[at + 1], 'message_ids', 1)
    if (ids.length + end - next > count) throw unequal('message_ids', ids.length + end - next, count)
    for (; next < end; next++) {
      const id = idInSeries(prefix, next)
      if (id === undefined) throw badColumn('message_ids', 'counts below 4,096', next)
      ids.push(id)
    }
  }
}

/** When each message was made, in microseconds since the epoch. */
function readTimes({ timestamp, after }: JsonObject, count: number): readonly number[] {
  let moment = typeof timestamp === 'string' ? timestampMicroseconds(timestamp) : undefined
  if (moment === undefined) throw badColumn('timestamp', 'the form "2026-11-22T10:00:00.000000Z"', timestamp)
  if (!isArray(after)) throw badColumn('after', 'a list of microseconds', after)
  if (after.length !== count - 1) throw unequal('after', after.length + 1, count)
  const times = [moment]
  for (const microseconds of after) {
    moment += typeof microseconds === 'number' ? microseconds : NaN
    if (!isExactMoment(moment))
      throw badColumn('after', 'whole microseconds that stay in the years 1684 to 2255', microseconds)
    times.push(moment)
  }
  return times
}

/** Anything but a `traceparent` is left out, as it is from a message. */
function readTraces(column: Json | undefined, count: number): readonly (TraceContext | undefined)[] | undefined {
  if (column === undefined) return undefined
  if (!isArray(column)) throw badColumn('traceparents', 'a list', column)
  if (column.length !== count) throw unequal('traceparents', column.length, count)
  return column.map((traceparent) => readTraceContext({ traceparent }))
}

function requireWhole(value: Json | undefined, column: string, min: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value
  throw badColumn(column, `whole numbers from ${min} on`, value)
}

function unequal(column: string, got: number, expected: number): InvalidMessageError {
  return new InvalidMessageError(
    `Expected columns for ${expected} messages, as many as \`entity_ids\` has, got \`${column}\` for ${got}`,
  )
}

function badColumn(column: string, expected: string, value: unknown): InvalidMessageError {
  return new InvalidMessageError(`Expected \`${column}\` to have ${expected}, got ${describeValue(value)}`)
}
