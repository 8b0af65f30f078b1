import type { Measurement } from '../measurement.js'
import { percentile } from '../statistics.js'
import { exchanges } from '../workers/exchange.js'

const messagesPerSecond = 200

/** Messages, and how many a second. Code that has run only some hundred times is not compiled yet. */
const sizes = {
  full: { warmUp: [5_000, 10_000], measured: [500, messagesPerSecond] },
  smoke: { warmUp: [20, 1_000], measured: [20, messagesPerSecond] },
}

export const latency: Measurement = {
  name: 'latency',
  title: 'Latency: from publish() called to handled in another process',
  figures: [
    { name: 'p50', unit: 'ms', better: 'lower', of: (samples) => percentile(samples, 0.5) },
    { name: 'p99', unit: 'ms', better: 'lower', of: (samples) => percentile(samples, 0.99) },
  ],
  cases: (size) => [
    {
      name: `${messagesPerSecond} a second`,
      open: (url) => exchanges({ url, publisher: 'publish-paced.ts', measure: 'latency', ...sizes[size] }),
    },
  ],
}
