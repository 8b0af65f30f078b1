/**
 * A publisher as a process of its own: `flood-process.ts <url> <channel> <options as JSON>`. Publishes a number of
 * deletes of one user each, with ids from 1 on, at a steady rate; falls behind where its machine is too slow for it, and
 * never publishes more than `rate` a second. Prints `{"published": …, "seconds": …}` at the end.
 */
import { setTimeout } from 'node:timers/promises'
import { InvalidationPublisher } from '../../src/index.js'

export interface FloodOptions {
  /** Messages a second. */
  readonly rate: number
  readonly count: number
  /** How many entries the log keeps. */
  readonly cap: number
  /** Characters of metadata in each message. */
  readonly padding?: number
}

/** Published at once: many fill their frames. */
const tickMs = 50

const [url = '', channel = '', given = ''] = process.argv.slice(2)
const { rate, count, cap, padding = 0 } = JSON.parse(given) as FloodOptions
const metadata = padding === 0 ? {} : { metadata: 'x'.repeat(padding) }
const publisher = await InvalidationPublisher.connect(url, 'flood', {
  channel,
  retention: { maxEntries: cap, maxBytes: 2 ** 40 },
  repair: false,
})
const perTick = Math.max(1, Math.round((rate * tickMs) / 1_000))
const begunAt = performance.now()

for (let published = 0; published < count; published += perTick) {
  await setTimeout(Math.max(0, begunAt + (published / rate) * 1_000 - performance.now()))
  const ids = Array.from({ length: Math.min(perTick, count - published) }, (_, index) => published + index + 1)
  const publish = (id: number): Promise<unknown> =>
    publisher.publish({ action: 'delete', entityType: 'user', entityId: String(id), ...metadata })
  await Promise.all(ids.map(publish))
}
await publisher.close()
const seconds = (performance.now() - begunAt) / 1_000
process.stdout.write(`${JSON.stringify({ published: count, seconds })}\n`)
