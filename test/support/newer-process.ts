/**
 * A service that publishes and subscribes, as a process of its own: `newer-process.ts <url> <channel>`. Told
 * `{"publish": [id, …]}` it publishes all of them at once. Prints a JSON line for each thing that happens: `{"state": …}`,
 * `{"handled": id}`, `{"resync": …}`, `{"position": …}` of the last that it published.
 */
import { createInterface } from 'node:readline'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { nameOf } from './handled.js'

const [url = '', channel = ''] = process.argv.slice(2)

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const publisher = await InvalidationPublisher.connect(url, 'newer', { channel })
const subscriber = await InvalidationSubscriber.connect(url, { channel, heartbeatMs: 100 })
subscriber
  .subscribe((message) => {
    print({ handled: nameOf(message) })
  })
  .on('resync', ({ reason }) => {
    print({ resync: reason })
  })
  .on('state', (state) => {
    print({ state })
  })

createInterface(process.stdin).on('line', (line) => {
  const { publish } = JSON.parse(line) as { publish: readonly string[] }
  void Promise.all(publish.map((id) => publisher.invalidate('user', id))).then((receipts) => {
    print({ position: receipts.at(-1)?.position })
  })
})
