import fc from 'fast-check'

// Which publisher or subscriber a step strikes is a number, taken modulo how many there are.
const who = fc.nat(3)
const few = fc.integer({ min: 1, max: 4 })

const daily = [
  { weight: 10, arbitrary: step('publish', { publisher: who, count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 8, arbitrary: step('wait', { ms: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 2, arbitrary: step('cut', { who, kind: fc.constantFrom('commands' as const, 'feeds', 'all') }) },
  { weight: 1, arbitrary: step('cutPublisher', { publisher: who }) },
  { weight: 1, arbitrary: step('duplicate', { who, count: few }) },
  { weight: 1, arbitrary: step('delay', { who, count: few, ms: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 1, arbitrary: step('loseAcknowledgements', { publisher: who, count: few }) },
  { weight: 1, arbitrary: step('outage', { ms: fc.integer({ min: 10, max: 1_500 }) }) },
  { weight: 2, arbitrary: step('kill', { who, downMs: fc.integer({ min: 0, max: 600 }) }) },
  { weight: 1, arbitrary: step('restart', { who }) },
  { weight: 1, arbitrary: step('waitFor', { who }) },
  { weight: 1, arbitrary: step('writeNewer', { publisher: who, count: few, partly: fc.boolean() }) },
  { weight: 1, arbitrary: step('limitPages', { who, entries: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: step('failHandler', { who, ms: fc.integer({ min: 1, max: 1_500 }) }) },
]

/** What somebody publishes who has the right to publish on the channel, and no other. */
const strangers = [
  {
    weight: 2,
    arbitrary: step('forge', {
      kind: fc.constantFrom('stray' as const, 'chain', 'next', 'copy', 'again', 'elsewhere'),
      count: fc.integer({ min: 1, max: 8 }),
      /** Which of the newest entries is copied or repeated. */
      at: fc.nat(12),
      /** How the stream ID is chosen: behind the newest, far ahead, or before all. */
      id: fc.constantFrom('next' as const, 'far', 'old'),
      empty: fc.boolean(),
    }),
  },
]

/** Losses on a link that looks well: the log shows those of its own messages, and nothing shows those of others. */
const silentLosses = [
  { weight: 2, arbitrary: step('drop', { who, count: few }) },
  { weight: 1, arbitrary: step('deafen', { who }) },
]

const failovers = [
  { weight: 2, arbitrary: step('failOver', { lose: fc.nat(6), keepFeeds: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: step('failOverUnseen', {
      who,
      publisher: who,
      count: few,
      lose: fc.integer({ min: 1, max: 6 }),
      awayMs: fc.integer({ min: 0, max: 1_000 }),
    }),
  },
  { weight: 1, arbitrary: step('publisherDies', { publisher: who }) },
  { weight: 2, arbitrary: step('serveReplica', { who, state: fc.constantFrom('synced' as const, 'stalled') }) },
  { weight: 1, arbitrary: step('servePrimary', { who }) },
  { weight: 1, arbitrary: step('stepClock', { ms: fc.integer({ min: -60_000, max: 1_000 }) }) },
]

const operators = [
  { weight: 1, arbitrary: step('poison', { publisher: who }) },
  { weight: 1, arbitrary: step('clear', {}) },
  { weight: 1, arbitrary: step('trim', { keep: fc.nat(5) }) },
  { weight: 1, arbitrary: step('delete', { at: fc.nat(20) }) },
  { weight: 1, arbitrary: step('evictLast', {}) },
  { weight: 1, arbitrary: step('deleteLog', { who, count: few }) },
]

/** Messages that are not in the log. One in four is larger than a message may be. */
const foreign = [
  { weight: 8, arbitrary: step('foreign', { count: few, large: fc.nat(3).map((chance) => chance === 0) }) },
  { weight: 4, arbitrary: step('cut', { who, kind: fc.constantFrom('commands' as const, 'feeds', 'all') }) },
]

function step<Name extends string, Fields extends object>(
  name: Name,
  fields: { [K in keyof Fields]: fc.Arbitrary<Fields[K]> },
) {
  return fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<{ do: Name } & Fields>
}

const settings = {
  seed: fc.integer(),
  latencyMs: fc.constantFrom(0, 2, 20),
  packing: fc.boolean(),
  /** Services of an older version, to which columns are unknown: one of the publishers, one of the copies. */
  older: fc.record({ writer: fc.boolean(), reader: fc.nat(3).map((chance) => chance === 0) }),
  pageSize: fc.integer({ min: 2, max: 6 }),
  maxBuffered: fc.integer({ min: 1, max: 12 }),
  maxWaiting: fc.integer({ min: 1, max: 8 }),
}

/**
 * Schedules without an operator's faults and with room for everything: a resync, which would hide a miss, is then rarer.
 * Failovers are among them, because the protocol promises to repair what they lose.
 */
const calm = fc.record({
  ...settings,
  mixed: fc.constant(false),
  retention: fc.constant({ maxEntries: 10_000 }),
  forMs: fc.constant(60_000),
  maxQueued: fc.constant(10_000),
  steps: fc.array(fc.oneof(...daily, ...silentLosses, ...strangers, ...failovers), { maxLength: 40, size: 'max' }),
})

/** Schedules in which everything happens, and room is short. */
const harsh = fc.record({
  ...settings,
  mixed: fc.constant(false),
  retention: fc.oneof(
    fc.record({ maxEntries: fc.integer({ min: 3, max: 60 }) }),
    fc.record({ maxBytes: fc.integer({ min: 1_024, max: 16_384 }) }),
    fc.record({ maxAgeMs: fc.integer({ min: 100, max: 4_000 }) }),
  ),
  forMs: fc.constant(400),
  maxQueued: fc.integer({ min: 2, max: 40 }),
  steps: fc.array(fc.oneof(...daily, ...silentLosses, ...strangers, ...failovers, ...operators), {
    maxLength: 40,
    size: 'max',
  }),
})

/** Schedules with publishers that only use Pub/Sub, and copies that resync after each gap in which they may be missed. */
const mixed = fc.record({
  ...settings,
  mixed: fc.constant(true),
  retention: fc.constant({ maxEntries: 10_000 }),
  forMs: fc.constant(60_000),
  maxQueued: fc.constant(10_000),
  steps: fc.array(fc.oneof(...daily, ...foreign, ...failovers), { maxLength: 40, size: 'max' }),
})

/** Two in five of the schedules are calm, two are harsh. */
export const schedules = fc.oneof(
  { weight: 2, arbitrary: calm },
  { weight: 2, arbitrary: harsh },
  { weight: 1, arbitrary: mixed },
)

type Generated<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never

/** A world and what happens in it: all that a run depends on. */
export type Schedule = Generated<typeof schedules>

/** One thing that happens. */
export type Step = Schedule['steps'][number]
