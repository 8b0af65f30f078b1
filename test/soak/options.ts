import { readOptions, wholeNumber } from '../../scripts/read-options.js'
import { UsageError } from '../../scripts/usage-error.js'

export const topologies = ['standalone', 'sentinel', 'cluster'] as const
export type Topology = (typeof topologies)[number]

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly topology: Topology
  /** Whether the live channel is sharded, in a cluster. */
  readonly sharded: boolean
  /** Publishes a second, all publishers together. */
  readonly rate: number
  /** Whether somebody who may only publish does so all the while. */
  readonly stranger: boolean
  readonly format: 'text' | 'json' | 'markdown'
}

const maxSeconds = 7 * 24 * 3_600
const maxSeed = 2 ** 32 - 1
const maxRate = 5_000

export const help = `Publishers and subscribers as processes, faults at random, and a checker that keeps score.

  npm run soak -- [options]

  --seconds N       how long publishes and faults go on, 1 to ${maxSeconds} (default 60); starting and ending come on top
  --seed N          what is published and which faults come when, 0 to ${maxSeed} (default 1)
  --topology NAME   ${topologies.join(', ')} (default standalone)
  --sharded         with --topology cluster: sharded Pub/Sub
  --rate N          publishes a second, all together, 1 to ${maxRate} (default 300)
  --stranger        somebody who may publish on the channel, and nothing else, forges frames all the while
  --json            print the result as one JSON object, and progress on stderr
  --markdown        print the result as a row of the table in docs/reliability.md, and progress on stderr
  --help            print this

Ctrl-C ends it in order, with what was found so far. Exits with 0 when nothing was lost and nothing was stale, with 1
otherwise, with 2 for bad options, with 130 when it was ended by hand and had found nothing so far.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): SoakOptions | 'help' {
  const { seconds, seed, topology, sharded, rate, stranger, json, markdown, help } = readOptions(args, {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    topology: { type: 'string', default: 'standalone' },
    sharded: { type: 'boolean', default: false },
    rate: { type: 'string', default: '300' },
    stranger: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (help) return 'help'
  if (json && markdown) throw new UsageError('Expected --json or --markdown, got both')
  if (sharded && topology !== 'cluster') throw new UsageError('Expected --sharded with --topology cluster alone')
  return {
    seconds: wholeNumber('--seconds', seconds, 1, maxSeconds),
    seed: wholeNumber('--seed', seed, 0, maxSeed),
    topology: topologyOf(topology),
    sharded,
    rate: wholeNumber('--rate', rate, 1, maxRate),
    stranger,
    format: json ? 'json' : markdown ? 'markdown' : 'text',
  }
}

function topologyOf(text: string): Topology {
  const topology = topologies.find((each) => each === text)
  if (topology) return topology
  throw new UsageError(`Expected --topology to be one of ${topologies.join(', ')}, got \`${text}\``)
}
