import type { Runtime } from './runtime.js'

/** The wall clock moves in whole milliseconds: what it says holds until just before the next. */
const lastMicrosecond = 0.999

const clocks = new WeakMap<Runtime, () => number>()

/**
 * The wall clock with microseconds, in ms since the epoch: the monotonic clock carries it on from the last moment at
 * which the two disagreed. Within the millisecond that the wall clock tells at every call, so it follows every step,
 * and goes back only where the wall clock does.
 *
 * There is one for each runtime: what was stamped in a process lies in the past of whoever reads it there.
 */
export function preciseClock(runtime: Runtime): () => number {
  let clock = clocks.get(runtime)
  if (!clock) clocks.set(runtime, (clock = createClock(runtime)))
  return clock
}

/** The last three digits and the zone of a timestamp, by its microsecond within the millisecond. */
const ends = Array.from({ length: 1_000 }, (_, microsecond) => `${String(microsecond).padStart(3, '0')}Z`)

/**
 * The precise clock as text: RFC 3339 in UTC with microseconds, since messages take less than a millisecond.
 * `toISOString` is expensive and called once per millisecond.
 */
export function preciseTimestamps(runtime: Runtime): () => string {
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
    return text + (ends[Math.floor((now - whole) * 1_000)] ?? 'Z')
  }
}

function createClock(runtime: Runtime): () => number {
  let setTo = runtime.now()
  let setAt = runtime.monotonic()
  return () => {
    const wall = runtime.now()
    const monotonic = runtime.monotonic()
    const now = setTo + (monotonic - setAt)
    if (now >= wall && now <= wall + lastMicrosecond) return now
    setAt = monotonic
    setTo = now < wall ? wall : wall + lastMicrosecond
    return setTo
  }
}
