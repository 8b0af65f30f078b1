import type { Measurement } from '../measurement.js'
import { median } from '../statistics.js'
import { telemetrySetups } from '../workers/telemetry-setups.js'
import { Worker } from '../workers/worker.js'

/** Messages. */
const sizes = {
  full: { warmUp: 50_000, measured: 100_000 },
  smoke: { warmUp: 200, measured: 500 },
}

export const telemetry: Measurement = {
  name: 'telemetry',
  title: 'Telemetry: CPU time of a message, publisher and subscriber together',
  figures: [{ name: 'CPU', unit: 'µs', better: 'lower', of: median }],
  cases: (size) => [
    {
      name: 'frames of 100',
      open: () =>
        telemetrySetups.map((setup) => ({
          name: setup,
          async run() {
            await using worker = await Worker.start('telemetry.ts', [setup])
            await worker.ask(sizes[size].warmUp)
            return await worker.ask(sizes[size].measured)
          },
        })),
    },
  ],
}
