import { InvalidationPublisher } from '../../src/index.js'
import type { Measurement } from '../measurement.js'
import { median } from '../statistics.js'
import { Worker } from '../workers/worker.js'

const channel = 'bench:replay'
const batch = 10_000

/** Entries. */
const sizes = {
  full: { warmUp: 20_000, measured: 100_000 },
  smoke: { warmUp: 100, measured: 500 },
}

export const replay: Measurement = {
  name: 'replay',
  title: 'Replay: from subscribe() until the last missed entry is handled',
  figures: [{ name: 'handled', unit: 'entries/s', better: 'higher', of: median }],
  cases: (size) => {
    const { warmUp, measured } = sizes[size]
    const run = async (script: string, args: readonly string[]): Promise<readonly number[]> => {
      await using worker = await Worker.start(script, args)
      await worker.ask(warmUp)
      return await worker.ask(measured)
    }
    return [
      {
        name: `${measured.toLocaleString('en-US')} missed`,
        async open(url) {
          const position = await appendEntries(url, measured)
          return [
            { name: 'cache-invalidation', run: () => run('replay-library.ts', [url, channel, position]) },
            { name: 'bare XRANGE + JSON.parse', run: () => run('replay-bare.ts', [url, `{${channel}}:stream`]) },
          ]
        },
      },
    ]
  },
}

/** Appends an entry and `count` more, each of one invalidation; resolves to the position of the first. */
async function appendEntries(url: string, count: number): Promise<string> {
  await using publisher = await InvalidationPublisher.connect(url, 'bench', {
    ...{ channel, packing: false, cap: 10 * count, repair: false },
  })
  const { position } = await publisher.invalidate('user', 'handled')
  for (let from = 0; from < count; from += batch) {
    const ids = Array.from({ length: Math.min(batch, count - from) }, (_, index) => String(from + index))
    await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
  }
  return position
}
