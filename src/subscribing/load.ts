/** Messages, and the length of the JSON that carried them. */
export interface Load {
  readonly messages: number
  readonly bytes: number
}

/** Whether more may wait besides what does. What is too large by itself may, where nothing else waits. */
export function fits(more: Load, waiting: Load, limits: Load): boolean {
  if (waiting.messages === 0) return true
  return waiting.messages + more.messages <= limits.messages && waiting.bytes + more.bytes <= limits.bytes
}
