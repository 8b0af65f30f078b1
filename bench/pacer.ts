import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { sharedNow } from './clock.js'

/** When messages are due: the first at `startAt` (ms, on the shared clock), the others at equal distances. */
export interface Schedule {
  readonly startAt: number
  readonly count: number
  readonly perSecond: number
}

export interface PacerTime {
  now(): number
  sleep(ms: number): Promise<unknown>
  /** Lets the event loop turn once. */
  turn(): Promise<unknown>
}

/** Timers are up to a millisecond and a half late. */
const timerSlackMs = 1.5

const systemTime: PacerTime = { now: sharedNow, sleep: (ms) => sleep(ms), turn: () => turn() }

/**
 * Calls `send` for each message that is due, as soon as it can, whatever became of those before: a sender that was held
 * up sends all that is due by then, and hands over when each was due.
 *
 * It sleeps by a timer while there is time, and turns the event loop over and over for the last millisecond and a half:
 * timers alone would add up to a millisecond to every latency. So from about 700 a second on, it keeps a core busy.
 */
export async function pace(
  { startAt, count, perSecond }: Schedule,
  send: (dueAt: number) => void,
  time: PacerTime = systemTime,
): Promise<void> {
  for (let index = 0; index < count;) {
    const dueAt = startAt + (index * 1_000) / perSecond
    const waitMs = dueAt - time.now()
    if (waitMs <= 0) {
      send(dueAt)
      index++
    } else if (waitMs > timerSlackMs + 1) {
      await time.sleep(waitMs - timerSlackMs)
    } else {
      await time.turn()
    }
  }
}
