import type { Entry } from '../log/model/entry.js'
import { formatPosition } from '../log/model/position.js'
import { buildCacheKey } from '../message/cache-key.js'
import type { Invalidation, InvalidationMessage, TagInvalidation, TagMode } from '../message/message.js'
import { decodeFrame } from '../message/wire/decode-frame.js'
import { formatDuration, printable } from './format.js'
import type { Output } from './output.js'

type TagMessage = Extract<InvalidationMessage, TagInvalidation>

/** What handlers get, but for the name of the mode: `mode` is how a message came. */
type PrintedTags = Omit<TagMessage, 'mode'> & { readonly tagMode?: TagMode }

type PrintedInvalidation = Exclude<InvalidationMessage, TagMessage> | PrintedTags

/** A message as it is printed: with `--json` as it stands here. */
export type PrintedMessage = PrintedInvalidation & {
  /** Where it stands in the log; absent where it never was there. */
  readonly position?: string
  readonly mode?: 'live' | 'replay'
  /** How long after its timestamp it was handled, in ms; negative where clocks differ. */
  readonly lateMs?: number
}

const keysShown = 5

/** A message with what is known of its way, to be printed. */
export function printedMessage(
  message: InvalidationMessage,
  way: Pick<PrintedMessage, 'position' | 'mode' | 'lateMs'>,
): PrintedMessage {
  if (message.action !== 'tag') return { ...message, ...way }
  const { mode, ...others } = message
  return { ...others, ...(mode && { tagMode: mode }), ...way }
}

/** What an invalidation evicts, safe to print: a cache key, a pattern, the first keys of a batch, or the first tags. */
export function describeInvalidation(invalidation: Invalidation | PrintedInvalidation): string {
  switch (invalidation.action) {
    case 'delete':
    case 'update':
      return printable(buildCacheKey(invalidation.entityType, invalidation.entityId))
    case 'pattern':
      return printable(invalidation.pattern)
    case 'batch':
      return describeKeys(invalidation.cacheKeys)
    case 'tag':
      return `${describeKeys(invalidation.tags)}${isExpiring(invalidation) ? ' (expire)' : ''}`
  }
}

function isExpiring(tags: TagInvalidation | Pick<PrintedTags, 'tagMode'>): boolean {
  return ('tagMode' in tags ? tags.tagMode : 'mode' in tags && tags.mode) === 'expire'
}

function describeKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, keysShown).map(printable).join(' ')
  return keys.length > keysShown ? `${shown} and ${keys.length - keysShown} more` : shown
}

/** Prints a message as a line. */
export function printMessage(output: Output, message: PrintedMessage): Promise<void> {
  if (output.json) return output.printJson(message)
  const { timestamp, action, mode, lateMs, sourceService } = message
  const cells = [
    output.style('dim', timestamp),
    output.style(action === 'pattern' ? 'yellow' : 'green', action.padEnd(7)),
    ...(lateMs === undefined ? [] : [formatDuration(lateMs).padStart(9)]),
    ...(mode === undefined ? [] : [output.style(mode === 'live' ? 'cyan' : 'yellow', mode.padEnd(6))]),
    printable(sourceService).padEnd(16),
    output.style('bold', describeInvalidation(message)),
  ]
  return output.print(cells.join('  '))
}

/** The messages of an entry. If parts of it can't be read, leaves them out, warns and calls `onUnreadable`. */
export function messagesOf(
  entry: Entry,
  output: Output,
  onUnreadable: () => void = () => undefined,
): readonly InvalidationMessage[] {
  const { messages, rejected } = decodeFrame(entry.frame)
  for (const { message } of rejected) {
    output.warn(`entry ${formatPosition(entry.position)} can't be read in full: ${printable(message)}`)
  }
  if (rejected.length > 0) onUnreadable()
  return messages
}
