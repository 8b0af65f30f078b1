import type { Results } from '../../results.js'
import type { CaseSummary } from '../../summaries.js'
import type { Markup } from '../markup.js'
import { barPanels, figurePanels } from './bar-panels.js'
import { growthPanel } from './growth-panels.js'
import { latencyPanels } from './latency-panels.js'

/** How a measurement is told on the page, beyond the table of its figures. */
export interface Section {
  readonly explanation: string
  charts(results: Results, cases: readonly CaseSummary[]): readonly Markup[]
}

/** Those that say more by their length than in a table. */
const costFigures = [
  'rest_rss_mib',
  'backlog_rss_mib',
  'publisher_bytes',
  'subscriber_bytes',
  'import_ms',
  'installed_kib',
]

const frameFigures = ['frame_bytes', 'write_ns', 'read_ns', 'redis_us', 'stream_bytes']

/** By the names of measurements. One that is not here has its table alone. */
export const sections: Readonly<Record<string, Section>> = {
  throughput: {
    explanation:
      'Callers publish as fast as they can, each awaiting its publish() before the next; counted is what a handler in another process has handled. Ours keeps each invalidation in a stream, to be read again; of the others, only those that write by XADD do. CPU time is that of one invalidation; of a subscriber, of one that it handled.',
    charts: (results, cases) => [
      ...barPanels(results, cases, 'handled_per_s'),
      ...cases
        .filter(({ parameters }) => parameters.in_flight === 1_000 && parameters.subscribers === 1)
        .flatMap((each) =>
          figurePanels(each, ['redis_cpu_us', 'publisher_cpu_us', 'subscriber_cpu_us'], `, ${each.name}`),
        ),
    ],
  },
  latency: {
    explanation:
      'From the moment at which a publish() was due until it was handled in another process, at a steady rate that waits for nobody: a stall counts for all that were due in it. To the right are the rare slow ones: at p99, one in a hundred took longer.',
    charts: (results) => latencyPanels(results, 'latency'),
  },
  recovery: {
    explanation:
      'A subscription comes back after it missed so many entries. Beside it, the least that reading them can take: pages of XRANGE and JSON.parse, with nothing checked and nothing handed over.',
    charts: (_results, cases) =>
      (['replay_ms', 'recover_ms'] as const).flatMap((figure) =>
        growthPanel(cases, { figure, parameter: 'missed', grows: 'entries missed', upright: 'log' }),
      ),
  },
  scale: {
    explanation: 'What an invalidation costs, and how many are handled, with more and more subscribers or publishers.',
    charts: (_results, cases) =>
      (['subscribers', 'publishers'] as const).flatMap((parameter) =>
        ['handled_per_s', 'redis_cpu_us', 'publisher_cpu_us', 'subscriber_cpu_us'].flatMap((figure) =>
          growthPanel(cases, { figure, parameter, grows: parameter, upright: 'linear' }),
        ),
      ),
  },
  cache: {
    explanation:
      'Hits of a cache in memory, each in a process of its own and with values by reference: awaited, and read at once if the library has such a read. What an entry takes on the heap is its key and what the cache notes of it. At the end, invalidations from another process, through a cache that holds a million other entries.',
    charts: (_results, cases) =>
      ['hits_per_s', 'peeks_per_s', 'entry_bytes', 'handled_per_s', 'subscriber_cpu_us'].flatMap((figure) =>
        cases.flatMap((each) => figurePanels(each, [figure], `, ${each.name}`)),
      ),
  },
  frame: {
    explanation:
      'A frame of new messages, as a publisher packs it and a subscriber reads it, for short ids and for UUIDs. Beside it, the same messages as a list of JSON objects, appended by the least script that can do it; and what is bare of our frame: JSON.parse, and XADD with PUBLISH.',
    charts: (_results, cases) => cases.flatMap((each) => figurePanels(each, frameFigures, `, ${each.name}`)),
  },
  cost: {
    explanation: 'What it takes beside CPU time: room in Redis, memory, and what the package weighs.',
    charts: (_results, cases) => cases.flatMap((each) => figurePanels(each, costFigures)),
  },
  micro: {
    explanation:
      'The steps that every message goes through, each by itself in a loop: what the compiler makes of hot code.',
    charts: () => [],
  },
  telemetry: {
    explanation:
      'CPU time of a message, publisher and subscriber together over a log in memory. What is recorded goes into the batches of the SDK, and from there nowhere: an exporter costs what it costs.',
    charts: (results, cases) => barPanels(results, cases, 'cpu_us'),
  },
}
