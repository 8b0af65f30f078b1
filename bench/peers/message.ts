import { randomUUID } from 'node:crypto'

/** The JSON that this library would write for the same invalidation, with the same fields. */
export function encodeMessage(id: string): string {
  return JSON.stringify({
    message_id: randomUUID(),
    entity_type: 'User',
    entity_id: id,
    action: 'Delete',
    timestamp: new Date().toISOString(),
    source_service: 'bench',
  })
}

/** The id in it; nothing else is looked at. */
export function decodeMessage(text: string): string {
  const message: unknown = JSON.parse(text)
  if (typeof message === 'object' && message !== null && 'entity_id' in message) {
    if (typeof message.entity_id === 'string') return message.entity_id
  }
  throw new Error(`Expected a message with an entity_id, got ${text}`)
}
