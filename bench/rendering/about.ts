import { formatSeconds } from '../progress.js'
import type { Results } from '../results.js'
import { formatMoment } from './format.js'

/** When, on what and with what it was measured. */
export function aboutLines(results: Results, widest: number): string[] {
  const { date, seconds, size, repetitions, machine, versions, load } = results
  return [
    `${formatMoment(date)}, ${formatSeconds(seconds)}, ${size} size; median, min and max of ${repetitions} ${repetitions === 1 ? 'run' : 'runs'} each, in turns`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    `Load average ${load.before} before, ${load.after} after, the bench's own included`,
    ...wrap(
      Object.entries(versions).map(([name, version]) => `${name} ${version}`),
      widest,
    ),
  ]
}

/** Items in lines, with commas between them. */
function wrap(items: readonly string[], widest: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const line = lines.at(-1)
    if (line === undefined) lines.push(item)
    else if (line.length + item.length + 3 <= widest) lines.splice(-1, 1, `${line}, ${item}`)
    else lines.splice(-1, 1, `${line},`, item)
  }
  return lines
}
