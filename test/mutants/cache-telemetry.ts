import type { Mutant } from './mutant.js'

const metrics = 'test/unit/cache/cache-metrics.test.ts'
const spans = 'test/unit/cache/cache-spans.test.ts'
const diagnostics = 'test/unit/cache/diagnostics.test.ts'

/** What caches report. */
export const cacheTelemetry: readonly Mutant[] = [
  {
    name: 'load-outside-of-its-span',
    lacks: 'the span of a load as the context of its loader',
    file: 'telemetry/cache-telemetry.ts',
    from: 'if (!this.#span) load()',
    to: 'if (this.#span) load()',
    caughtBy: spans,
  },
  {
    name: 'span-ends-with-first-key',
    lacks: 'waiting for the last key of a read before its span ends',
    file: 'telemetry/cache-telemetry.ts',
    from: 'if (this.#left === 0) this.#end(this.#span)',
    to: 'this.#end(this.#span)',
    caughtBy: spans,
  },
  {
    name: 'failed-load-without-error',
    lacks: 'the error of a load that failed',
    file: 'cache/reader.ts',
    from: "reports.ended(job, 'failed', error)",
    to: "reports.ended(job, 'failed')",
    caughtBy: diagnostics,
  },
  {
    name: 'skipped-load-unreported',
    lacks: 'the report of loads whose value may not be kept',
    file: 'cache/reader.ts',
    from: "reports.ended(job, stored === 'kept-out' ? 'skipped' : stored)",
    to: "if (stored !== 'kept-out') reports.ended(job, stored)",
    caughtBy: spans,
  },
  {
    name: 'closed-cache-uncounted',
    lacks: 'the counts of closed caches in the sum of those that share a name',
    file: 'telemetry/counters.ts',
    from: 'if (this.#records.delete(record)) this.#base.add(record)',
    to: 'this.#records.delete(record)',
    caughtBy: metrics,
  },
  {
    name: 'closed-cache-still-full',
    lacks: 'taking closed caches out of the gauges',
    file: 'telemetry/named-sources.ts',
    from: 'open.delete(source)',
    to: '',
    caughtBy: metrics,
  },
  {
    name: 'span-names-type-of-any-key',
    lacks: 'taking the type of an entity, and of no other key, for the span of its load',
    file: 'cache/reports.ts',
    from: 'entityType: plan.entityType',
    to: "entityType: plan.entityType ?? jobs[0]?.key.split(':')[0]",
    caughtBy: spans,
  },
  {
    name: 'loads-unwatched',
    lacks: 'the look whether somebody has subscribed to loads when they begin',
    file: 'cache/diagnostics.ts',
    from: 'return loaded.hasSubscribers',
    to: 'return false',
    caughtBy: diagnostics,
  },
]
