import { emptyReport, type Report } from './services/service.js'

/** What adds up over the lives of a service. */
type Sums = Pick<Report, 'published' | 'live' | 'replayed' | 'duplicates' | 'resyncs' | 'failures' | 'reads'>

/** What a service has done in all its lives, by what its processes reported. */
export class Tally {
  /** The longest time without a link, or without a process, after which it went on without evicting everything. */
  longestGapMs = 0
  #earlier: Sums = emptyReport
  #report: Report = emptyReport
  #gap: { readonly since: number; readonly resyncs: number } | undefined

  /** What the process that runs now, or ran last, reported last. */
  get latest(): Report {
    return this.#report
  }

  get total(): Sums {
    return add(this.#earlier, this.#report)
  }

  get resyncs(): number {
    return Object.values(this.total.resyncs).reduce((sum, count) => sum + count, 0)
  }

  take(report: Report): void {
    this.#report = report
    if (report.state === 'disconnected') this.#beginGap()
    else if (report.state === 'live') this.#endGap()
  }

  /** Its process is gone. */
  died(): void {
    this.#earlier = this.total
    this.#report = { ...emptyReport, state: 'killed' }
    this.#beginGap()
  }

  #beginGap(): void {
    this.#gap ??= { since: performance.now(), resyncs: this.resyncs }
  }

  #endGap(): void {
    if (this.#gap && this.#gap.resyncs === this.resyncs) {
      this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.#gap.since)
    }
    this.#gap = undefined
  }
}

function add(a: Sums, b: Sums): Sums {
  const resyncs = { ...a.resyncs }
  for (const [reason, count] of Object.entries(b.resyncs)) resyncs[reason] = (resyncs[reason] ?? 0) + count
  return {
    published: a.published + b.published,
    live: a.live + b.live,
    replayed: a.replayed + b.replayed,
    duplicates: a.duplicates + b.duplicates,
    resyncs,
    failures: a.failures + b.failures,
    reads: a.reads + b.reads,
  }
}
