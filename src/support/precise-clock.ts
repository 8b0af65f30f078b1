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
