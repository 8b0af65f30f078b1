import type { Runtime } from '../support/runtime.js'
import type { CacheTelemetry, LoadOutcome } from '../telemetry/telemetry.js'
import type { StaleReason } from './counters.js'
import { areLoadsWatched, reportLoad, reportStale } from './diagnostics.js'
import type { Job, Plan } from './job.js'

export interface ReportsContext {
  readonly cache: object
  readonly runtime: Pick<Runtime, 'monotonic'>
  /** Undefined if the application has no OpenTelemetry. */
  readonly telemetry: CacheTelemetry | undefined
}

/** Reports loads and stale values to OpenTelemetry and the diagnostics channels. Costs one look if nobody asks for them. */
export class Reports {
  readonly #context: ReportsContext

  constructor(context: ReportsContext) {
    this.#context = context
  }

  /** Calls the loader for jobs that begin together, and notes when. */
  run(jobs: readonly Job[], plan: Plan): void {
    const { telemetry, runtime } = this.#context
    const span = telemetry?.load({ keys: jobs.length, entityType: plan.entityType })
    if (span === undefined && !areLoadsWatched()) {
      plan.run(jobs)
      return
    }
    const call = { startedAt: runtime.monotonic(), span }
    for (const job of jobs) job.call = call
    if (span) span.run(() => plan.run(jobs))
    else plan.run(jobs)
  }

  /** A job has ended. */
  ended({ key, reason, call }: Job, outcome: LoadOutcome, error?: unknown): void {
    if (call === undefined) return
    const { cache, runtime } = this.#context
    const durationMs = runtime.monotonic() - call.startedAt
    call.span?.ended({ reason, outcome, durationMs, error })
    reportLoad({ cache, key, reason, outcome, durationMs, error })
  }

  /** The cache is closed, and no load runs. */
  close(): void {
    this.#context.telemetry?.close()
  }

  /** A value past its time was served. */
  stale(key: string, reason: StaleReason): void {
    reportStale(this.#context.cache, key, reason)
  }
}
