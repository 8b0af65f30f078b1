import type { MessageDefaults } from '../message/codec.js'
import type { Runtime } from '../runtime.js'
import { preciseClock } from '../telemetry/precise-clock.js'

/** Of each microsecond of a millisecond, the digits that stand behind it, and the zone. */
const ends = Array.from({ length: 1_000 }, (_, microsecond) => `${String(microsecond).padStart(3, '0')}Z`)

/**
 * Makes what an invalidation lacks to be a message. Its timestamp has microseconds, since subscribers have it in less
 * than a millisecond; `toISOString` is dear and called once per millisecond.
 */
export function messageDefaults(sourceService: string, runtime: Runtime): () => MessageDefaults {
  const clock = preciseClock(runtime)
  let millisecond = NaN
  let text = ''
  return () => {
    const now = clock()
    const whole = Math.floor(now)
    if (whole !== millisecond) {
      millisecond = whole
      text = new Date(whole).toISOString().slice(0, -1)
    }
    const microseconds = Math.floor((now - whole) * 1_000)
    const timestamp = text + (ends[microseconds] ?? 'Z')
    return { messageId: runtime.uuid(), timestamp, sourceService }
  }
}
