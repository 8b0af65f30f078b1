import fc from 'fast-check'

// Which process, writer or key a step is about is a number, taken modulo how many there are.
// The first are struck most, so that what happens to one key and one process meets.
const who = fc.constantFrom(0, 0, 0, 1, 1, 2)
const key = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3)
const few = fc.integer({ min: 1, max: 4 })

/** How a change is published. */
const ways = fc.constantFrom('key' as const, 'update', 'batch', 'tag', 'tag', 'tag', 'prefix', 'class', 'all')

const reads = [
  { weight: 20, arbitrary: step('read', { who, key }) },
  { weight: 5, arbitrary: step('readMany', { who, keys: fc.array(key, { minLength: 1, maxLength: 4 }) }) },
  { weight: 4, arbitrary: step('peek', { who, key }) },
  { weight: 8, arbitrary: step('wait', { ms: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 2, arbitrary: step('wait', { ms: fc.integer({ min: 60, max: 900 }) }) },
]

const shortly = fc.integer({ min: 0, max: 30 })

const writes = [
  /** Two reads, one of which begins before a change and one after it was published, and a third at last. */
  {
    weight: 5,
    arbitrary: step('race', {
      who,
      key,
      way: ways,
      beforeMs: shortly,
      lateMs: shortly,
      afterMs: shortly,
      thenMs: shortly,
    }),
  },
  { weight: 10, arbitrary: step('change', { key, way: ways, lateMs: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 2, arbitrary: step('update', { who, key }) },
  { weight: 2, arbitrary: step('set', { who, key }) },
  { weight: 1, arbitrary: step('drop', { who, key }) },
  { weight: 1, arbitrary: step('expireTag', { tag: fc.nat(1) }) },
  { weight: 1, arbitrary: step('failLoads', { who, ms: fc.integer({ min: 1, max: 200 }) }) },
]

const faults = [
  { weight: 2, arbitrary: step('cut', { who, kind: fc.constantFrom('commands' as const, 'feeds', 'all') }) },
  { weight: 1, arbitrary: step('away', { who, ms: fc.integer({ min: 50, max: 1_500 }) }) },
  { weight: 1, arbitrary: step('lose', { who, count: few }) },
  { weight: 1, arbitrary: step('duplicate', { who, count: few }) },
  { weight: 1, arbitrary: step('delay', { who, count: few, ms: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: step('deafen', { who }) },
  { weight: 1, arbitrary: step('outage', { ms: fc.integer({ min: 10, max: 1_500 }) }) },
  { weight: 1, arbitrary: step('restart', { who }) },
  { weight: 1, arbitrary: step('trim', { keep: fc.nat(5) }) },
  { weight: 1, arbitrary: step('clearLog', {}) },
  { weight: 2, arbitrary: step('failOver', { lose: fc.nat(6), keepFeeds: fc.boolean() }) },
  { weight: 1, arbitrary: step('serveReplica', { who, state: fc.constantFrom('synced' as const, 'stalled') }) },
  { weight: 1, arbitrary: step('servePrimary', { who }) },
  { weight: 1, arbitrary: step('sleep', { ms: fc.integer({ min: 100, max: 5_000 }) }) },
]

function step<Name extends string, Fields extends Record<string, unknown>>(
  name: Name,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
): fc.Arbitrary<{ do: Name } & Fields> {
  return fc.record({ do: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<{ do: Name } & Fields>
}

const settings = {
  seed: fc.integer(),
  latencyMs: fc.constantFrom(0, 0, 2, 20),
  /** How long a load takes at most. */
  loadMs: fc.constantFrom(0, 10, 60, 60, 600),
  maxEntries: fc.constantFrom(1, 100, 100),
  ttlMs: fc.constantFrom(30, 300, 3_600_000, 3_600_000),
  stale: fc.record({
    staleWhileRevalidateMs: fc.constantFrom(0, 200),
    staleIfErrorMs: fc.constantFrom(0, 200),
    softLoadTimeoutMs: fc.constantFrom(undefined, 5),
  }),
  whenUnverified: fc.constantFrom('load' as const, 'load', 'load', 'serve'),
}

const calm = fc.record({
  ...settings,
  steps: fc.array(fc.oneof(...reads, ...writes), { maxLength: 80, size: 'max' }),
})

const harsh = fc.record({
  ...settings,
  steps: fc.array(fc.oneof(...reads, ...writes, ...faults), { maxLength: 80, size: 'max' }),
})

/** Half of them are without faults: a resync hides what a fence has missed. */
export const schedules = fc.oneof(calm, harsh)

type Generated<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never

/** Caches around one log, and what happens to them: all that a run depends on. */
export type Schedule = Generated<typeof schedules>

/** One thing that happens. */
export type Step = Schedule['steps'][number]
