import type { InvalidationMessage } from '../../src/message/message.js'
import { encodeWithTrace } from '../../src/message/wire/encode.js'

/** A message in wire form, without a trace. */
export function encodeMessage(message: InvalidationMessage): string {
  return encodeWithTrace(message, undefined)
}
