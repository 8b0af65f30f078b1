/**
 * A subscriber as a process of its own, to be killed: `subscriber-process.ts <url> <channel> <cursor file | "redis">`.
 * Prints a JSON line for each thing that happens: `{"handled": id}`, `{"state": …}`, `{"resync": …}`.
 */
import { writeSync } from 'node:fs'
import { fileCursor, InvalidationSubscriber, redisCursor } from '../../src/index.js'
import { hasCode } from '../../src/support/thrown.js'
import { nameOf } from './handled.js'

const [url = '', channel = '', cursor = ''] = process.argv.slice(2)

/** Returns when the system has it: a line that waits in this process is killed with it, and its message looks unhandled. */
function print(line: object): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      // Full, until who reads it has.
      if (!hasCode(error, 'EAGAIN')) throw error
    }
  }
}

const subscriber = await InvalidationSubscriber.connect(url, { channel, heartbeatMs: 100 })
const subscription = subscriber.subscribe(
  (message) => {
    print({ handled: nameOf(message) })
  },
  {
    name: 'process',
    cursor: cursor === 'redis' ? redisCursor() : fileCursor(cursor),
    startAt: 'head',
    commitIntervalMs: 10,
  },
)
subscription.on('resync', ({ reason }) => {
  print({ resync: reason })
})
subscription.on('state', (state) => {
  print({ state })
})
