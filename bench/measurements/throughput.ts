import type { Measurement } from '../measurement.js'
import { median } from '../statistics.js'
import { exchanges } from '../workers/exchange.js'

const callersInFlight = [1, 100, 1_000]
/** A single caller would not get the code compiled in time. */
const leastCallersOfWarmUp = 100

const sizes = {
  full: { warmUpMs: 300, measuredMs: 1_000 },
  smoke: { warmUpMs: 20, measuredMs: 50 },
}

export const throughput: Measurement = {
  name: 'throughput',
  title: 'Throughput: publish() awaited, until handled in another process',
  figures: [{ name: 'handled', unit: 'invalidations/s', better: 'higher', of: median }],
  cases: (size) => {
    const { warmUpMs, measuredMs } = sizes[size]
    return callersInFlight.map((callers) => ({
      name: `${callers.toLocaleString('en-US')} in flight`,
      open: (url) =>
        exchanges({
          ...{ url, publisher: 'publish-flood.ts', measure: 'rate' },
          ...{ warmUp: [warmUpMs, Math.max(callers, leastCallersOfWarmUp)], measured: [measuredMs, callers] },
        }),
    }))
  },
}
