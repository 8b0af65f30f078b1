import { Bench } from 'tinybench'
import type { Measurement, Size } from '../measurement.js'
import { decode, encode } from '../micro/codec.js'
import { continuity, dispatch, watermark } from '../micro/delivery.js'
import { glob, globHostile } from '../micro/glob.js'
import type { MicroTask } from '../micro/task.js'

/** How long a run of a task takes, in ms. */
const timesMs: Readonly<Record<Size, number>> = { full: 500, default: 50, smoke: 5 }

/** Nothing but the function, in the process of the bench, warm: what it costs at best. */
export const micro: Measurement = {
  name: 'micro',
  title: 'Micro: time of one operation',
  figures: [{ name: 'ns_per_op', title: 'an operation', unit: 'ns', better: 'lower' }],
  cases: (size) =>
    [encode, decode, continuity, dispatch, glob, globHostile, watermark].map(({ name, tasks }) => ({
      name,
      parameters: {},
      open: () =>
        tasks.map((task) => ({
          name: task.name,
          title: task.title,
          run: async () => ({ figures: { ns_per_op: await timeTask(task, timesMs[size]) } }),
        })),
    })),
}

/** The mean, so that garbage collection counts. As much time again goes to the warm-up before. */
async function timeTask({ name, operations, run }: MicroTask, timeMs: number): Promise<number> {
  const bench = new Bench({ time: timeMs, iterations: 5, warmupTime: timeMs, warmupIterations: 5, throws: true })
  const [task] = await bench.add(name, run).run()
  const { result } = task ?? {}
  if (result?.state !== 'completed') throw new Error(`Expected ${name} to be timed, it is ${result?.state ?? 'absent'}`)
  return (result.latency.mean * 1e6) / operations
}
