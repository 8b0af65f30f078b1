import { deleteMessage } from '../../src/message/create-message.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { encodeFrame, prepareMessage } from '../../src/message/wire/encode.js'
import { type MicroCase, oursInTasks } from './task.js'

const messages = Array.from({ length: 100 }, (_, index) => deleteMessage('user', String(1_000 + index), 'user-service'))
/** What `invalidate()` is given, beside what a publisher adds to each. */
const published = messages.map(({ messageId, timestamp, sourceService }, index) => ({
  given: { action: 'delete', entityType: 'user', entityId: String(1_000 + index) } as const,
  defaults: { messageId, timestamp, sourceService },
}))
const wireObjects = messages.map(({ messageId, timestamp, sourceService }, index) => ({
  message_id: messageId,
  timestamp,
  entity_type: 'User',
  entity_id: String(1_000 + index),
  action: 'Delete',
  source_service: sourceService,
}))
const frame = encodeFrame(messages.map((message) => prepareMessage(message, message)))

/** What a publisher writes of an invalidation, checked, beside the same object written by `JSON.stringify` alone. */
export const encode: MicroCase = {
  name: 'encode',
  tasks: [
    {
      ...oursInTasks,
      operations: messages.length,
      run: () => lengthOf(published, ({ given, defaults }) => prepareMessage(given, defaults).json),
    },
    {
      name: 'json-stringify',
      title: 'JSON.stringify',
      operations: wireObjects.length,
      run: () => lengthOf(wireObjects, (each) => JSON.stringify(each)),
    },
  ],
}

/** A frame of 100 read and checked, beside the same text read by `JSON.parse` alone; per message. */
export const decode: MicroCase = {
  name: 'decode',
  tasks: [
    { ...oursInTasks, operations: messages.length, run: () => decodeFrame(frame).messages.length },
    { name: 'json-parse', title: 'JSON.parse', operations: messages.length, run: () => countParsed(frame) },
  ],
}

/** In bytes, which looks at each character: V8 leaves a text that nobody reads in the parts it was made of. */
function lengthOf<Value>(values: readonly Value[], encodeOne: (value: Value) => string): number {
  let length = 0
  for (const value of values) length += Buffer.byteLength(encodeOne(value))
  return length
}

function countParsed(text: string): number {
  const parsed: unknown = JSON.parse(text)
  const isFrame = typeof parsed === 'object' && parsed !== null && 'frame' in parsed
  return isFrame && Array.isArray(parsed.frame) ? parsed.frame.length : 0
}
