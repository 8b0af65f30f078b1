import type { Fault } from '../summaries.js'
import { formatWithUnit } from './format.js'

/** `throughput, 1,000 in flight: ioredis lost 12 messages (in 2 of 5 runs)`. */
export function faultLine({ measurement, case: caseName, variant, figure, count, inRuns, ofRuns }: Fault): string {
  const what = `${figure.title} ${formatWithUnit(count, figure.unit)}`
  return `${measurement}, ${caseName}: ${variant}: ${what} (in ${inRuns} of ${ofRuns} runs)`
}
