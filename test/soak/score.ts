import type { Loss } from './checker/find-lost.js'
import type { Stale } from './checker/find-stale.js'
import type { Inflicted } from './faults/inflict-wave.js'

/** What went wrong, told with what was going on. */
export interface Finding {
  /** How often the promise was broken, as messages by subscription and as cached values. */
  readonly lost: number
  readonly stale: number
  /** A line each. */
  readonly details: readonly string[]
  /** Those since the audit before. */
  readonly faults: readonly string[]
}

/** @param shown how many details; undefined: all */
export function describeFinding({ details, faults }: Finding, shown?: number): string {
  const left = details.length - (shown ?? details.length)
  return [
    ...details.slice(0, shown),
    ...(left > 0 ? [`and ${left} more, in findings.log`] : []),
    'Faults since the last audit:',
    ...faults.map((fault) => `  ${fault}`),
  ].join('\n')
}

/** The score so far. */
export class Score {
  readonly faults: Record<string, number> = {}
  readonly findings: Finding[] = []
  /** Faults since the last audit. */
  #recent: Inflicted[] = []

  get faultCount(): number {
    return Object.values(this.faults).reduce((sum, count) => sum + count, 0)
  }

  /** Faults that are on. */
  get present(): readonly string[] {
    return this.#recent.flatMap(({ name, victim, until }) => (until === undefined ? [`${name} (${victim})`] : []))
  }

  get lost(): number {
    return this.findings.reduce((sum, { lost }) => sum + lost, 0)
  }

  get stale(): number {
    return this.findings.reduce((sum, { stale }) => sum + stale, 0)
  }

  inflicted(fault: Inflicted): void {
    this.faults[fault.name] = (this.faults[fault.name] ?? 0) + 1
    this.#recent.push(fault)
  }

  /** @param evictions of a subscription since the last audit, for people */
  audited(losses: readonly Loss[], stale: readonly Stale[], evictionsOf: (subscription: string) => string): void {
    if (losses.length + stale.length > 0) {
      const details = [
        ...losses.map((loss) => describeLoss(loss, evictionsOf(loss.subscription))),
        ...stale.map(describeStale),
      ]
      const faults = this.#recent.map(describeFault)
      this.findings.push({ lost: losses.length, stale: stale.length, details, faults })
    }
    this.#recent = []
  }
}

function describeLoss({ subscription, publication }: Loss, evictions: string): string {
  const { id, publisher, keys, publishedAt, acknowledged } = publication
  const { at, carrier, position } = acknowledged ?? { at: NaN, carrier: '', position: '' }
  const standsFor = carrier === id ? '' : `, for which ${carrier} stands,`
  return (
    `LOST: subscription ${subscription} never handled ${id}${standsFor} of ${publisher} (${keys.slice(0, 5).join(', ')}), ` +
    `published ${time(publishedAt)}, acknowledged ${time(at)} as ${position}; it evicted everything: ${evictions}`
  )
}

function describeStale({ subscription, key, cached, current }: Stale): string {
  return `STALE: subscription ${subscription} serves ${key} at ${cached}; it is at ${current ?? 'nothing'}`
}

function describeFault({ name, victim, from, until }: Inflicted): string {
  return `${time(from)} to ${until === undefined ? 'now' : time(until)}  ${name} (${victim})`
}

/** Time of day, UTC, in ms. */
export function time(at: number): string {
  return Number.isNaN(at) ? 'never' : new Date(at).toISOString().slice(11, 23)
}
