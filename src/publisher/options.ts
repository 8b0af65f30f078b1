import { exceedsBytes, maxTextBytes } from '../message/limits.js'
import { type ConnectionOptions, connectionRules } from '../support/connection-options.js'
import { describeValue } from '../support/describe-value.js'
import { ConfigurationError } from '../support/errors.js'
import {
  abortSignal,
  groupOrFalse,
  optionalGroup,
  type Resolved,
  type RulesOf,
  trueOrFalse,
  wholeNumber,
} from '../support/option-rules.js'
import { type StatsCollector, statsCollector } from '../telemetry/stats-collector.js'

const minute = 60_000
const hour = 60 * minute
const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

/** How many acknowledged frames a publisher remembers, to append them again if a failover loses them. */
export interface RepairOptions {
  /** Default 10,000 frames (of one message or many). */
  readonly maxFrames?: number
  /** In bytes. Default 16 MiB. */
  readonly maxBytes?: number
  /** In ms; time without a connection does not count. Default 60,000. */
  readonly maxAgeMs?: number
}

export const repairRules = {
  maxFrames: wholeNumber({ default: 10_000, unit: 'frames', min: 1, max: 1_000_000 }),
  maxBytes: wholeNumber({ default: 16 * mebibyte, unit: 'bytes', min: 1024, max: gibibyte }),
  maxAgeMs: wholeNumber({ default: minute, unit: 'ms', min: 1, max: 24 * hour }),
} satisfies RulesOf<RepairOptions>

/** The same, checked, with their defaults. */
export type ResolvedRepairOptions = Resolved<typeof repairRules>

/** Replicas that must have an invalidation before `publish()` resolves. */
export interface WaitReplicasOptions {
  /** How many replicas. Default 1. */
  readonly count?: number
  /** How long they may take, in ms. Default 1,000. */
  readonly timeoutMs?: number
}

export const waitReplicasRules = {
  count: wholeNumber({ default: 1, unit: 'replicas', min: 1, max: 100 }),
  timeoutMs: wholeNumber({ default: 1_000, unit: 'ms', min: 1, max: minute }),
} satisfies RulesOf<WaitReplicasOptions>

/** The same, checked, with their defaults. */
export type ResolvedWaitReplicasOptions = Resolved<typeof waitReplicasRules>

/** Options of a publisher. */
export interface PublisherOptions extends ConnectionOptions {
  /** How long `publish()` waits to be acknowledged, in ms, give or take 1%; the message stays queued. Default 5,000. */
  readonly publishTimeoutMs?: number
  /** How many messages may wait, also while Redis is up; more become one message that evicts all. Default 100,000. */
  readonly maxQueued?: number
  /** How many bytes the waiting messages may take; more become one message that evicts all. Default 64 MiB. */
  readonly maxQueuedBytes?: number
  /**
   * Whether messages share a frame when many wait. `false` sends each on its own, for fleets in which services with the
   * crate of the same name still subscribe: it does not understand packed frames. Default `true`.
   */
  readonly packing?: boolean
  /** How much to remember, to append again what a failover lost; `false` remembers nothing. Default `{}`. */
  readonly repair?: false | RepairOptions
  /**
   * Makes `publish()` resolve only when so many replicas have the invalidation; with fewer it rejects with a
   * `RedisError` of kind `replicas`, though the invalidation was published. Default: none are waited for.
   */
  readonly waitReplicas?: WaitReplicasOptions
  /** Counts what is published; publishers that share it are counted together. Default: one of its own. */
  readonly stats?: StatsCollector
}

export const publisherRules = {
  ...connectionRules,
  publishTimeoutMs: wholeNumber({ default: 5_000, unit: 'ms', min: 1, max: hour }),
  maxQueued: wholeNumber({ default: 100_000, unit: 'messages', min: 1, max: 10_000_000 }),
  maxQueuedBytes: wholeNumber({ default: 64 * mebibyte, unit: 'bytes', min: 1024, max: 4 * gibibyte }),
  packing: trueOrFalse(true),
  repair: groupOrFalse(repairRules),
  waitReplicas: optionalGroup(waitReplicasRules),
  stats: statsCollector('one of its own'),
} satisfies RulesOf<PublisherOptions>

/** Options of a publisher, checked, with their defaults. */
export type ResolvedPublisherOptions = Resolved<typeof publisherRules>

/** Options of one `publish()`. */
export interface PublishOptions {
  /** Ends the wait, not the publishing: once accepted, the message is still sent. Default: none. */
  readonly signal?: AbortSignal
}

export const publishRules = { signal: abortSignal } satisfies RulesOf<PublishOptions>

/** @throws ConfigurationError for a service that no message can name */
export function checkService(service: unknown): asserts service is string {
  if (typeof service !== 'string' || service.trim() === '' || exceedsBytes(service, maxTextBytes)) {
    throw new ConfigurationError(
      `Expected \`service\` to be the name of this service, a string of 1 to ${maxTextBytes} bytes, got ${describeValue(service)}`,
    )
  }
}
