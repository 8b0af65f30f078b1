import { ConfigurationError } from '../support/errors.js'
import {
  checkEquipment,
  checkSwitch,
  type ConnectionOptions,
  type NumberOption,
  publisherNumbers,
  rejectUnknownOptions,
  repairNumbers,
  resolveNumbers,
  waitReplicasNumbers,
} from '../support/option-rules.js'
import { checkStats, type StatsCollector } from '../telemetry/stats-collector.js'

/** How much a publisher remembers of what was acknowledged, to append it again where a failover lost it. */
export interface RepairOptions {
  /** Default 10,000 frames (of one message or many). */
  readonly maxFrames?: number
  /** In bytes. Default 16 MiB. */
  readonly maxBytes?: number
  /** In ms; time without a connection does not count. Default 60,000. */
  readonly maxAgeMs?: number
}

/** Replicas that must have an invalidation before `publish()` resolves. */
export interface WaitReplicasOptions {
  /** How many replicas. Default 1. */
  readonly count?: number
  /** How long they may take, in ms. Default 1,000. */
  readonly timeoutMs?: number
}

/** Options of a publisher. */
export interface PublisherOptions extends ConnectionOptions {
  /**
   * Whether messages share a frame when many wait. `false` sends each on its own, for fleets in which services with the
   * crate of the same name still subscribe: it does not understand packed frames. Default `true`.
   */
  readonly packing?: boolean
  /** How long `publish()` waits to be acknowledged, in ms, give or take 1%; the message stays queued. Default 5,000. */
  readonly publishTimeoutMs?: number
  /** How many messages may wait, also while Redis is up; more become one message that evicts all. Default 100,000. */
  readonly maxQueued?: number
  /** How many bytes the waiting messages may take; more become one message that evicts all. Default 64 MiB. */
  readonly maxQueuedBytes?: number
  /** What to remember, to append again what a failover lost; `false` remembers nothing. Default: see {@link RepairOptions}. */
  readonly repair?: false | RepairOptions
  /**
   * Makes `publish()` resolve only when so many replicas have the invalidation; with fewer it rejects with a
   * `RedisError` of kind `replicas`, though the invalidation was published. Default: none are waited for.
   */
  readonly waitReplicas?: WaitReplicasOptions
  /** Counts what is published, also for others where it is given to them as well. Default: one of its own. */
  readonly stats?: StatsCollector
}

const others = ['channel', 'sharded', 'logger', 'runtime', 'tracing', 'packing', 'repair', 'waitReplicas', 'stats']

export type ResolvedPublisherOptions = ReturnType<typeof resolvePublisherOptions>

/** @throws ConfigurationError when an option is unknown, out of range or of the wrong kind */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the tables say what it returns
export function resolvePublisherOptions(options: PublisherOptions) {
  rejectUnknownOptions(options, [...Object.keys(publisherNumbers), ...others], 'InvalidationPublisher.connect')
  checkEquipment(options)
  const { packing = true, sharded = false, tracing = true, repair = {}, waitReplicas } = options
  checkSwitch('packing', packing)
  checkSwitch('sharded', sharded)
  checkSwitch('tracing', tracing)
  checkStats(options.stats)
  return {
    ...resolveNumbers(publisherNumbers, options),
    packing,
    sharded,
    tracing,
    repair: repair === false ? undefined : resolveGroup('repair', repairNumbers, repair),
    waitReplicas:
      waitReplicas === undefined ? undefined : resolveGroup('waitReplicas', waitReplicasNumbers, waitReplicas),
  }
}

function resolveGroup<Table extends Record<string, NumberOption>>(
  name: string,
  table: Table,
  given: { readonly [Name in keyof Table]?: number } | null,
): { readonly [Name in keyof Table]: number } {
  if (typeof given !== 'object' || given === null) {
    throw new ConfigurationError(`Expected \`${name}\` to be an object of options, got \`${String(given)}\``)
  }
  rejectUnknownOptions(given, Object.keys(table), name)
  return resolveNumbers(table, given, `${name}.`)
}
