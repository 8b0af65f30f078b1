import { floodCase } from '../flood/flood-case.js'
import type { FloodDurations } from '../flood/flood.js'
import { floodFigures } from '../flood/round.js'
import type { Measurement, Size } from '../measurement.js'
import { peers } from '../peers.js'

interface Amounts {
  readonly subscribers: readonly number[]
  readonly publishers: readonly number[]
  /** Of the fleet in which each publisher waits for itself alone. */
  readonly apart: readonly number[]
  readonly durations: FloodDurations
}

/** Beside one publisher so many subscribers, and beside one subscriber so many publishers. */
const sizes: Record<Size, Amounts> = {
  full: {
    subscribers: [1, 2, 4, 8, 16, 32, 64],
    publishers: [2, 4, 8, 16],
    apart: [1, 8, 32],
    durations: { cold: 2_000, warmUp: 100, measured: 1_000 },
  },
  default: {
    subscribers: [1, 8, 32],
    publishers: [4],
    apart: [1, 8],
    durations: { cold: 200, warmUp: 20, measured: 200 },
  },
  smoke: { subscribers: [1, 6], publishers: [6], apart: [], durations: { cold: 20, warmUp: 10, measured: 20 } },
}

/** Of all publishers together: enough that frames fill. */
const callers = 1_000
/** A fleet in which each publisher waits for itself alone, so that no frame fills. */
const publishersApart = { publishers: 16, in_flight: 16 }
/** Of publishers, and of subscribers. More of them than that share processes. */
const mostProcesses = 4
const compared = peers.filter(({ name }) => name === 'cache-invalidation' || name === 'ioredis')

/** Each publisher and subscriber has connections of its own. */
export const scale: Measurement = {
  name: 'scale',
  title: 'Scale: throughput and its cost as subscribers and publishers are added',
  figures: floodFigures,
  cases(size) {
    const { subscribers, publishers, apart, durations } = sizes[size]
    const fleets = [
      ...subscribers.map((count) => ({ name: counted(count, 'subscriber'), subscribers: count, publishers: 1 })),
      ...publishers.map((count) => ({ name: counted(count, 'publisher'), subscribers: 1, publishers: count })),
    ].map((fleet) => ({ ...fleet, in_flight: callers }))
    const fleetsApart = apart.map((count) => ({
      name: `16 publishers, 1 in flight each${count === 1 ? '' : `, ${counted(count, 'subscriber')}`}`,
      subscribers: count,
      ...publishersApart,
    }))
    return [...fleets, ...fleetsApart].map(({ name, ...parameters }) =>
      floodCase({
        name,
        parameters,
        peers: compared,
        callers: parameters.in_flight,
        durations,
        publishers: spread(parameters.publishers),
        subscribers: spread(parameters.subscribers),
      }),
    )
  },
}

/** As evenly as can be over the processes: how many each has. */
export function spread(count: number): readonly number[] {
  const processes = Math.min(count, mostProcesses)
  return Array.from({ length: processes }, (_, index) => Math.floor((count + index) / processes))
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
