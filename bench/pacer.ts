import { toError } from '../src/support/thrown.js'
import { sharedNow } from './clock.js'

/** When messages are due: the first at `startAt` (ms, on the shared clock), the others at equal distances. */
export interface Schedule {
  readonly startAt: number
  readonly count: number
  readonly perSecond: number
}

export interface PacerTime {
  now(): number
  sleep(ms: number, goOn: () => void): void
  /** Lets the event loop turn once. */
  turn(goOn: () => void): void
}

/** Timers are up to a millisecond and a half late. */
const timerSlackMs = 1.5

const systemTime: PacerTime = {
  now: sharedNow,
  sleep(ms, goOn) {
    setTimeout(goOn, ms)
  },
  turn(goOn) {
    setImmediate(goOn)
  },
}

/**
 * Calls `send` for each message that is due, as soon as it can, whatever became of those before: a sender that was held
 * up sends all that is due by then, and hands over when each was due.
 *
 * It sleeps by a timer while there is time, and turns the event loop over and over for the last millisecond and a half:
 * timers alone would add up to a millisecond to every latency. So from about 700 a second on, it keeps a core busy, and by
 * callbacks: a promise for each turn would be 100 KB of garbage between two messages, and its collection theirs.
 */
export function pace(
  { startAt, count, perSecond }: Schedule,
  send: (dueAt: number) => void,
  time: PacerTime = systemTime,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let index = 0
    const goOn = (): void => {
      try {
        for (; index < count; index++) {
          const dueAt = startAt + (index * 1_000) / perSecond
          const waitMs = dueAt - time.now()
          if (waitMs > timerSlackMs + 1) {
            time.sleep(waitMs - timerSlackMs, goOn)
            return
          }
          if (waitMs > 0) {
            time.turn(goOn)
            return
          }
          send(dueAt)
        }
        resolve()
      } catch (error) {
        reject(toError(error))
      }
    }
    goOn()
  })
}
