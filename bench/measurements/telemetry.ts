import type { Measurement } from '../measurement.js'
import { percentile } from '../statistics.js'
import { telemetrySetups } from '../workers/telemetry-setups.js'
import { Worker } from '../workers/worker.js'

/** Rounds, and messages in each. */
const sizes = {
  full: { warmUp: [50, 1_000], measured: [200, 1_000] },
  default: { warmUp: [50, 1_000], measured: [25, 1_000] },
  smoke: { warmUp: [1, 100], measured: [2, 100] },
}

/** Most rounds are disturbed by other work on the machine, and cost up to twice as much: those least disturbed count. */
const leastDisturbed = 0.1

/**
 * Over a log in memory, so that nothing but the library and its telemetry costs: publisher and subscriber in one
 * process, 100 callers at a time. A process for each set-up, which stays for all repetitions.
 */
export const telemetry: Measurement = {
  name: 'telemetry',
  title: 'Telemetry: CPU time of a message, publisher and subscriber together',
  figures: [{ name: 'cpu_us', title: 'CPU', unit: 'µs', better: 'lower' }],
  cases: (size) => [
    {
      name: 'frames of 100',
      parameters: { callers: 100 },
      async open({ resources }) {
        const { warmUp, measured } = sizes[size]
        return Promise.all(
          telemetrySetups.map(async (setup) => {
            const worker = resources.use(await Worker.start('telemetry.ts', [setup]))
            await worker.ask(...warmUp)
            return {
              name: setup,
              title: setup,
              run: async () => ({ figures: { cpu_us: percentile(await worker.ask(...measured), leastDisturbed) } }),
            }
          }),
        )
      },
    },
  ],
}
