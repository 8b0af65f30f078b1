/** An instrument: what is measured, and how it is aggregated. */
export interface InstrumentDefinition {
  readonly name: string
  readonly kind: 'counter' | 'histogram' | 'gauge'
  /** In UCUM, as OpenTelemetry has it: `s` are seconds, braces hold what is counted. */
  readonly unit: string
  readonly description: string
}

/**
 * Upper bounds of the histograms' buckets, in seconds: from 50 µs on, since a healthy propagation takes less than 1 ms.
 */
export const durationBoundaries: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10, 30, 60,
]

/**
 * Every instrument there is. The names below `messaging.` are those of OpenTelemetry's semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/).
 */
export const instruments = {
  sent: {
    name: 'messaging.client.sent.messages',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages appended to the log',
  },
  consumed: {
    name: 'messaging.client.consumed.messages',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages handed to a handler',
  },
  operation: {
    name: 'messaging.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From publish() to its settlement',
  },
  process: {
    name: 'messaging.process.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From the first try of a handler to the end of the last',
  },
  propagation: {
    name: 'cache_invalidation.propagation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From the timestamp of a message to the end of its handler',
  },
  lag: {
    name: 'cache_invalidation.lag',
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest entry that was taken and is not handled',
  },
  behind: {
    name: 'cache_invalidation.behind',
    kind: 'gauge',
    unit: '{message}',
    description: 'Messages that were taken and are not handled',
  },
  retrying: {
    name: 'cache_invalidation.retrying',
    kind: 'gauge',
    unit: '{message}',
    description: 'Messages that failed at the handler and are tried again, or wait for a resync',
  },
  unverified: {
    name: 'cache_invalidation.unverified',
    kind: 'gauge',
    unit: 's',
    description: 'Time since everything appended was last known to be handled, or since the beginning',
  },
  replayed: {
    name: 'cache_invalidation.replayed',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages read from the log because they were not received live',
  },
  duplicates: {
    name: 'cache_invalidation.duplicates',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages received live that the log had given before',
  },
  orphaned: {
    name: 'cache_invalidation.orphaned',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages received live that are not part of the history',
  },
  foreign: {
    name: 'cache_invalidation.foreign',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages that came without a place in the log, as from the Rust crate',
  },
  foreignGaps: {
    name: 'cache_invalidation.foreign_gaps',
    kind: 'counter',
    unit: '{gap}',
    description: 'Times the Pub/Sub connection was away, and such messages may be lost',
  },
  gaps: {
    name: 'cache_invalidation.gaps',
    kind: 'counter',
    unit: '{gap}',
    description: 'Times the live channel did not continue the history',
  },
  resyncs: {
    name: 'cache_invalidation.resyncs',
    kind: 'counter',
    unit: '{resync}',
    description: 'Times everything was evicted because continuity could not be proved, by reason',
  },
  invalid: {
    name: 'cache_invalidation.invalid',
    kind: 'counter',
    unit: '{message}',
    description: 'Data on the channel or in the log that is not a message',
  },
  otherLog: {
    name: 'cache_invalidation.other_log',
    kind: 'counter',
    unit: '{frame}',
    description: 'Frames of a log in another database of the same Redis, which were dropped',
  },
  deadLetters: {
    name: 'cache_invalidation.dead_letters',
    kind: 'counter',
    unit: '{message}',
    description: 'Messages that the handler gave up on',
  },
  sendQueueSize: {
    name: 'cache_invalidation.send_queue.size',
    kind: 'gauge',
    unit: '{message}',
    description: 'Messages that wait to be appended',
  },
  reconnects: {
    name: 'cache_invalidation.reconnects',
    kind: 'counter',
    unit: '{reconnect}',
    description: 'Times a connection to Redis came back after it was lost',
  },
  cacheHits: {
    name: 'cache_invalidation.cache.hits',
    kind: 'counter',
    unit: '{read}',
    description: 'Reads that a cache served',
  },
  cacheNegativeHits: {
    name: 'cache_invalidation.cache.negative_hits',
    kind: 'counter',
    unit: '{read}',
    description: 'Reads that a cache served with the answer that there is no value; hits as well',
  },
  cacheMisses: {
    name: 'cache_invalidation.cache.misses',
    kind: 'counter',
    unit: '{read}',
    description: 'Reads that a cache could not serve, by reason',
  },
  cacheStale: {
    name: 'cache_invalidation.cache.stale',
    kind: 'counter',
    unit: '{read}',
    description: 'Reads that a cache served with a value past its time, by reason',
  },
  cacheJoined: {
    name: 'cache_invalidation.cache.joined',
    kind: 'counter',
    unit: '{read}',
    description: 'Reads that waited for a load that ran already',
  },
  cacheLoads: {
    name: 'cache_invalidation.cache.loads',
    kind: 'counter',
    unit: '{load}',
    description: 'Loads of a key that began',
  },
  cacheFailedLoads: {
    name: 'cache_invalidation.cache.failed_loads',
    kind: 'counter',
    unit: '{load}',
    description: 'Loads of a key that failed',
  },
  cacheFencedLoads: {
    name: 'cache_invalidation.cache.fenced_loads',
    kind: 'counter',
    unit: '{load}',
    description: 'Loads of a key whose value was not stored, since an invalidation was newer',
  },
  cacheLoad: {
    name: 'cache_invalidation.cache.load.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From the call of a loader to the end of the load of a key',
  },
  cacheInvalidations: {
    name: 'cache_invalidation.cache.invalidations',
    kind: 'counter',
    unit: '{message}',
    description: 'Invalidations that a cache handled',
  },
  cacheEvictions: {
    name: 'cache_invalidation.cache.evictions',
    kind: 'counter',
    unit: '{entry}',
    description: 'Entries that an invalidation evicted, by reason',
  },
  cacheDisplaced: {
    name: 'cache_invalidation.cache.displaced',
    kind: 'counter',
    unit: '{entry}',
    description: 'Entries that left a cache to make room',
  },
  cacheEntries: {
    name: 'cache_invalidation.cache.entries',
    kind: 'gauge',
    unit: '{entry}',
    description: 'Entries in a cache',
  },
  cacheSize: {
    name: 'cache_invalidation.cache.size',
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes of the entries in a cache by `sizeOf`; 0 without `maxBytes`',
  },
  cacheRunningLoads: {
    name: 'cache_invalidation.cache.running_loads',
    kind: 'gauge',
    unit: '{load}',
    description: 'Loads that run',
  },
} as const satisfies Record<string, InstrumentDefinition>
