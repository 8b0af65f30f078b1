import type { MessageDefaults } from '../message/codec.js'
import type { Runtime } from '../runtime.js'

/** Makes what an invalidation lacks to be a message. The text of a timestamp is made once per millisecond: it is dear. */
export function messageDefaults(sourceService: string, runtime: Runtime): () => MessageDefaults {
  let now = NaN
  let timestamp = ''
  return () => {
    const read = runtime.now()
    if (read !== now) {
      now = read
      timestamp = new Date(now).toISOString()
    }
    return { messageId: runtime.uuid(), timestamp, sourceService }
  }
}
