import type { Entry } from '../log/model/entry.js'
import { formatPosition } from '../log/model/position.js'
import { buildCacheKey } from '../message/cache-key.js'
import type { Invalidation, InvalidationMessage } from '../message/message.js'
import { decodeFrame } from '../message/wire/decode-frame.js'
import { formatDuration, printable } from './format.js'
import type { Output } from './output.js'

/** A message as it is printed: with `--json` as it stands here. */
export type PrintedMessage = InvalidationMessage & {
  /** Where it stands in the log; absent where it never was there. */
  readonly position?: string
  readonly mode?: 'live' | 'replay'
  /** How long after its timestamp it was handled, in ms; negative where clocks differ. */
  readonly lateMs?: number
}

const keysShown = 5

/** What an invalidation evicts, safe to print: a cache key, a pattern, or the first keys of a batch. */
export function describeInvalidation(invalidation: Invalidation): string {
  switch (invalidation.action) {
    case 'delete':
    case 'update':
      return printable(buildCacheKey(invalidation.entityType, invalidation.entityId))
    case 'pattern':
      return printable(invalidation.pattern)
    case 'batch':
      return describeKeys(invalidation.cacheKeys)
  }
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
