import type { Measurement } from '../measurement.js'
import { percentile } from '../statistics.js'
import { telemetrySetups } from '../workers/telemetry-setups.js'
import { Worker } from '../workers/worker.js'

/** Rounds, and messages in each. */
const sizes = {
  full: { warmUp: [50, 1_000], measured: [200, 1_000] },
  smoke: { warmUp: [1, 100], measured: [2, 100] },
}

export const telemetry: Measurement = {
  name: 'telemetry',
  title: 'Telemetry: CPU time of a message, publisher and subscriber together',
  // The rounds that other work on the machine disturbed least: disturbed ones cost up to twice as much.
  figures: [{ name: 'CPU', unit: 'µs', better: 'lower', of: (rounds) => percentile(rounds, 0.1) }],
  cases: (size) => [
    {
      name: 'frames of 100',
      open: () =>
        telemetrySetups.map((setup) => ({
          name: setup,
          async run() {
            await using worker = await Worker.start('telemetry.ts', [setup])
            await worker.ask(...sizes[size].warmUp)
            return await worker.ask(...sizes[size].measured)
          },
        })),
    },
  ],
}
