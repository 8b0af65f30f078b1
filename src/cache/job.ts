import { LoadTimeoutError } from '../index.js'
import type { Runtime, Timer } from '../support/runtime.js'
import type { LoadSpan } from '../telemetry/telemetry.js'
import type { LoadReason } from './counters.js'
import { LoadNotes, type StaleValue } from './load-context.js'
import type { EntryIndex } from './memory/entry.js'
import type { Load } from './memory/load.js'
import type { CachePolicy } from './options.js'

/** How the values of one owner are loaded. */
export interface Plan {
  /** Of an entity, or of the cache itself: only it reads what it stored. */
  readonly owner: EntryIndex
  readonly policy: CachePolicy
  /** Of an entity; undefined for keys of any form. */
  readonly entityType?: string
  /** Calls the loader; each job is then brought a result, or has failed. Never throws. */
  run(jobs: readonly Job[]): void
  /** The tags of a value. */
  tagsOf(value: unknown, key: string): readonly string[]
}

/** A call of a loader that is reported. */
export interface LoadCall {
  /** By the monotonic clock. */
  readonly startedAt: number
  readonly span: LoadSpan | undefined
}

/** Events of a job. */
export interface JobListener {
  onBrought(job: Job, result: unknown): void
  onFailed(job: Job, error: unknown): void
}

/** One key that a loader is asked for. It ends once: a result that comes after the time limit is dropped. */
export class Job {
  readonly load: Load
  readonly plan: Plan
  /** Why the key is loaded. */
  readonly reason: LoadReason
  readonly notes: LoadNotes
  /** Whether invalidations were heard when it began: else its value is not stored. */
  readonly isAttached: boolean
  /** Undefined if nobody asks for it. */
  call: LoadCall | undefined
  readonly #listener: JobListener
  readonly #abort = new AbortController()
  readonly #timer: Timer
  #isOver = false

  constructor(
    load: Load,
    plan: Plan,
    {
      runtime,
      reason,
      stale,
      isAttached,
      listener,
    }: {
      readonly runtime: Pick<Runtime, 'after'>
      readonly reason: LoadReason
      readonly stale: StaleValue | undefined
      readonly isAttached: boolean
      readonly listener: JobListener
    },
  ) {
    this.load = load
    this.plan = plan
    this.reason = reason
    this.isAttached = isAttached
    this.#listener = listener
    this.notes = new LoadNotes(this.#abort.signal, stale)
    const { loadTimeoutMs } = plan.policy
    this.#timer = runtime.after(loadTimeoutMs, () =>
      this.abort(
        new LoadTimeoutError(
          `The loader of ${JSON.stringify(load.key)} took longer than \`loadTimeoutMs\` (${loadTimeoutMs} ms): pass \`ctx.signal\` on to what it waits for, or raise the limit`,
        ),
      ),
    )
  }

  get key(): string {
    return this.load.key
  }

  brought(result: unknown): void {
    if (this.#end()) this.#listener.onBrought(this, result)
  }

  failed(error: unknown): void {
    if (this.#end()) this.#listener.onFailed(this, error)
  }

  /** Its time is over, or the cache is closed. */
  abort(error: Error): void {
    this.failed(error)
    this.#abort.abort(error)
  }

  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#timer.cancel()
    return true
  }
}
