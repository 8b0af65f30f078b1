import type { Runtime } from './runtime.js'

/** The wall clock moves in whole milliseconds: its value holds until just before the next. */
const lastMicrosecond = 0.999

/** Reads the time. Most of the cost is to read the monotonic clock, so callers pass the value that they have just read. */
type PreciseClock = (monotonic?: number) => number

const clocks = new WeakMap<Runtime, PreciseClock>()

/**
 * The wall clock with microseconds, in ms since the epoch: the monotonic clock carries it on from the last moment at
 * which the two disagreed. It always stays within the millisecond of the wall clock, so it follows every step, and goes
 * back only if the wall clock does.
 *
 * There is one for each runtime, so a message stamped in a process is never later than the time that is read there.
 */
export function preciseClock(runtime: Runtime): PreciseClock {
  let clock = clocks.get(runtime)
  if (!clock) clocks.set(runtime, (clock = createClock(runtime)))
  return clock
}

/** The precise clock, in whole microseconds since the epoch: a message takes less than a millisecond. */
export function microsecondClock(runtime: Runtime): PreciseClock {
  const clock = preciseClock(runtime)
  return (monotonic) => {
    const now = clock(monotonic)
    const millisecond = Math.floor(now)
    return millisecond * 1_000 + Math.floor((now - millisecond) * 1_000)
  }
}

/** Whether a number can hold a moment to the microsecond since the epoch: it is whole, and in the years 1684 to 2255. */
export function isExactMoment(microseconds: number): boolean {
  return Number.isSafeInteger(microseconds)
}

/** The end of a timestamp, by its microsecond within the millisecond. */
const ends = Array.from({ length: 1_000 }, (_, microsecond) => `${String(microsecond).padStart(3, '0')}Z`)

let lastMillisecond = NaN
let lastText = ''

/**
 * The timestamp of a moment, as we write them: RFC 3339 in UTC with microseconds. The text of a millisecond is
 * remembered, since `toISOString` takes long.
 *
 * @param microseconds whole ones since the epoch
 */
export function timestampText(microseconds: number): string {
  const millisecond = Math.floor(microseconds / 1_000)
  if (millisecond !== lastMillisecond) {
    lastMillisecond = millisecond
    lastText = new Date(millisecond).toISOString().slice(0, -1)
  }
  return lastText + (ends[microseconds - millisecond * 1_000] ?? 'Z')
}

function createClock(runtime: Runtime): PreciseClock {
  let setTo = runtime.now()
  let setAt = runtime.monotonic()
  return (monotonic = runtime.monotonic()) => {
    const wall = runtime.now()
    const now = setTo + (monotonic - setAt)
    if (now >= wall && now <= wall + lastMicrosecond) return now
    setAt = monotonic
    setTo = now < wall ? wall : wall + lastMicrosecond
    return setTo
  }
}
