import type { FloodDurations } from '../flood/flood.js'
import { floodFigures } from '../flood/round.js'
import { floodCase } from '../flood/flood-case.js'
import type { Measurement, Size } from '../measurement.js'
import { type PeerInfo, peers } from '../peers.js'

const durations: Record<Size, FloodDurations> = {
  full: { cold: 2_000, warmUp: 200, measured: 2_000 },
  default: { cold: 400, warmUp: 30, measured: 300 },
  smoke: { cold: 20, warmUp: 10, measured: 20 },
}

const inFlight = [1, 10, 100, 1_000]
const manySubscribers = [4, 16]
/** What one writes by hand: at the default size, these alone are measured with 10 in flight, and with many subscribers. */
const byHand: readonly PeerInfo[] = peers.filter((peer) => !('folder' in peer))

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
          ...{ peers: of, publishers: [1], subscribers: Array.from({ length: subscribers }, () => 1), callers: each },
          durations: durations[size],
        }),
      )
    switch (size) {
      case 'full':
        return [1, ...manySubscribers].flatMap((subscribers) => casesOf(inFlight, subscribers, peers))
      case 'default':
        return [
          ...inFlight.flatMap((each) => casesOf([each], 1, each === 10 ? byHand : peers)),
          ...manySubscribers.flatMap((subscribers) => casesOf([1_000], subscribers, byHand)),
        ]
      case 'smoke':
        return [...casesOf([1_000], 1, peers), ...casesOf([1_000], 2, byHand)]
    }
  },
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
