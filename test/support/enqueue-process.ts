/**
 * A service as a process of its own that waits for nothing: `enqueue-process.ts <url> <channel>`. It prints
 * `{"ready": true}`, enqueues an invalidation of users 1, 2, … 20 times a second, and prints `{"enqueued": n}` for each and
 * `{"error": name}` for each error emitted. After a line on stdin it closes and prints `{"closed": true}`. Nothing in it
 * handles rejections.
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { InvalidationPublisher } from '../../src/index.js'

const [url = '', channel = ''] = process.argv.slice(2)

const publisher = await InvalidationPublisher.connect(url, 'service', {
  channel,
  publishTimeoutMs: 300,
  commandTimeoutMs: 60_000,
})
publisher.on('error', ({ name }) => print({ error: name }))
let stopped = false
void once(process.stdin, 'data').then(() => (stopped = true))
print({ ready: true })
let count = 0
while (!stopped) {
  publisher.enqueue({ action: 'delete', entityType: 'user', entityId: String(++count) })
  print({ enqueued: count })
  await setTimeout(50)
}
await publisher.close()
process.stdin.destroy()
print({ closed: true })

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
