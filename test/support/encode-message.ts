import type { InvalidationMessage } from '../../src/message/message.js'
import { prepareMessage } from '../../src/message/wire/encode.js'

/** A message in wire form, without a trace. */
export function encodeMessage(message: InvalidationMessage): string {
  return prepareMessage(message, message).json
}
