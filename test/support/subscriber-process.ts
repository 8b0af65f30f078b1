/**
 * A subscriber as a process of its own, to be killed: `subscriber-process.ts <url> <channel> <cursor file | "redis">`.
 * Prints a JSON line for each thing that happens: `{"handled": id}`, `{"state": …}`, `{"resync": …}`.
 */
import { fileCursor, InvalidationSubscriber, redisCursor } from '../../src/index.js'
import { nameOf } from './handled.js'

const [url = '', channel = '', cursor = ''] = process.argv.slice(2)

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
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
