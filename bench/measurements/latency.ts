import type { Measurement } from '../measurement.js'
import { percentile } from '../statistics.js'
import { exchanges } from '../workers/exchange.js'

const messagesPerSecond = 200

/** Messages. */
const sizes = {
  full: { warmUp: 60, measured: 500 },
  smoke: { warmUp: 2, measured: 20 },
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
      open: (url) =>
        exchanges({ url, publisher: 'publish-paced.ts', load: messagesPerSecond, measure: 'latency', ...sizes[size] }),
    },
  ],
}
