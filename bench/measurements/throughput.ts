import type { Measurement } from '../measurement.js'
import { median } from '../statistics.js'
import { exchanges } from '../workers/exchange.js'

const callersInFlight = [1, 100, 1_000]

/** Milliseconds. */
const sizes = {
  full: { warmUp: 300, measured: 1_000 },
  smoke: { warmUp: 20, measured: 50 },
}

export const throughput: Measurement = {
  name: 'throughput',
  title: 'Throughput: publish() awaited, until handled in another process',
  figures: [{ name: 'handled', unit: 'invalidations/s', better: 'higher', of: median }],
  cases: (size) =>
    callersInFlight.map((callers) => ({
      name: `${callers.toLocaleString('en-US')} in flight`,
      open: (url) => exchanges({ url, publisher: 'publish-flood.ts', load: callers, measure: 'rate', ...sizes[size] }),
    })),
}
