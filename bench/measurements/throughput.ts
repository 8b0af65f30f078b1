import { floodCase } from '../flood/flood-case.js'
import type { FloodDurations } from '../flood/flood.js'
import { floodFigures } from '../flood/round.js'
import type { Measurement, Size } from '../measurement.js'
import { type PeerInfo, peers } from '../peers.js'

const durations: Record<Size, FloodDurations> = {
  full: { cold: 3_000, warmUp: 200, measured: 2_000 },
  default: { cold: 300, warmUp: 20, measured: 200 },
  smoke: { cold: 20, warmUp: 10, measured: 20 },
}

const mostInFlight = 1_000
const inFlight = [1, 10, 100, mostInFlight]
/**
 * With one subscriber and the most in flight everybody is compared, at full speed: only after some hundred thousand messages
 * do all of them run as compiled as in a service that has been up for a while. While the others have their turn, memory that
 * nobody touches is taken back: coming to it again is not of what is measured.
 */
const saturated: Record<Size, FloodDurations> = {
  ...durations,
  default: { cold: 1_200, warmUp: 250, measured: 500 },
}
const manySubscribers = [4, 16]
const all: readonly PeerInfo[] = peers
const notOnlyFull = all.filter(({ onlyFull }) => onlyFull !== true)
/** At the default size, what one writes by hand is measured with 10 and 100 in flight, plain Pub/Sub with many subscribers. */
const byHand = notOnlyFull.filter(({ folder }) => folder === undefined)
const plain = byHand.filter(({ name }) => name !== 'xread')

/** Each subscriber is a process of its own; all publishers' callers are in one. */
export const throughput: Measurement = {
  name: 'throughput',
  title: 'Throughput: publish() awaited, until the key has gone from other processes',
  figures: floodFigures,
  cases(size) {
    const casesOf = (callers: readonly number[], subscribers: number, of: readonly PeerInfo[]) =>
      callers.map((each) =>
        floodCase({
          name: `${formatCount(each)} in flight${subscribers === 1 ? '' : `, ${subscribers} subscribers`}`,
          parameters: { in_flight: each, subscribers },
          peers: of,
          publishers: [1],
          subscribers: Array.from({ length: subscribers }, () => 1),
          callers: each,
          durations: (subscribers === 1 && each === mostInFlight ? saturated : durations)[size],
        }),
      )
    switch (size) {
      case 'full':
        return [1, ...manySubscribers].flatMap((subscribers) => casesOf(inFlight, subscribers, all))
      case 'default':
        return [
          ...inFlight.flatMap((each) => casesOf([each], 1, each === 1 || each === mostInFlight ? notOnlyFull : byHand)),
          ...manySubscribers.flatMap((each) => casesOf([mostInFlight], each, plain)),
        ]
      case 'smoke':
        return [...casesOf([mostInFlight], 1, all), ...casesOf([mostInFlight], 2, byHand)]
    }
  },
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
