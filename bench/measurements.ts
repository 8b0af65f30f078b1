import type { Measurement } from './measurement.js'
import { cache } from './measurements/cache.js'
import { cost } from './measurements/cost.js'
import { frame } from './measurements/frame.js'
import { latency } from './measurements/latency.js'
import { micro } from './measurements/micro.js'
import { recovery } from './measurements/recovery.js'
import { scale } from './measurements/scale.js'
import { telemetry } from './measurements/telemetry.js'
import { throughput } from './measurements/throughput.js'

/** All of them, in the order in which they run. */
export const measurements: readonly Measurement[] = [
  throughput,
  latency,
  recovery,
  scale,
  cache,
  frame,
  cost,
  micro,
  telemetry,
]
