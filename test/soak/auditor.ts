import { findStale } from './checker/find-stale.js'
import type { Fleet } from './fleet.js'
import { time, type Score } from './score.js'
import type { Surroundings } from './surroundings.js'

/** How long each step to rest may take; far longer than any takes where all is well. */
const restDeadlineMs = 90_000
/** What is missing after an audit that finds everyone caught up is looked for once more so long after. */
const secondLookMs = 5_000

/** Brings everything to rest, and then compares what was acknowledged with what was handled, and caches with the truth. */
export class Auditor {
  readonly #surroundings: Surroundings
  readonly #fleet: Fleet
  readonly #score: Score

  constructor(surroundings: Surroundings, fleet: Fleet, score: Score) {
    this.#surroundings = surroundings
    this.#fleet = fleet
    this.#score = score
  }

  /** Faults must be over. Leaves the load paused, and the books closed. */
  async audit(): Promise<void> {
    const { load, ledger, clock, log } = this.#surroundings
    await withinRest(clock.recovered(), () => `live and verified again: ${clock.unverified.join(', ')}`)
    load.pause()
    await withinRest(load.allAcknowledged(), () => `${load.pending} publishes acknowledged`)
    await withinRest(this.#fleet.settle(), () => 'every publisher settled')
    let found = await this.#look()
    if (found.losses.length + found.stale.length > 0) {
      log.note('audit', `${found.losses.length} missing, ${found.stale.length} stale: looking again`)
      await new Promise((resolve) => setTimeout(resolve, secondLookMs))
      found = await this.#look()
    }
    this.#score.audited(found.losses, found.stale, (subscription) => this.#evictionsOf(subscription))
    log.note('audit', `${found.losses.length} lost, ${found.stale.length} stale`)
    ledger.close()
  }

  async #look() {
    const { ledger, truth } = this.#surroundings
    const audited = await withinRest(this.#fleet.audit(), () => 'every subscriber audited')
    const behind = audited.flatMap((each) => each.behind)
    if (behind.length > 0) throw new Error(`These subscriptions did not catch up: ${behind.join('; ')}`)
    const inProcesses = audited.flatMap(({ caches }) => Object.entries(caches))
    return {
      losses: ledger.findLost(),
      stale: findStale(truth.values, new Map([...truth.caches, ...inProcesses])),
    }
  }

  #evictionsOf(subscription: string): string {
    const { since, evictions } = this.#surroundings.ledger.following(subscription)
    const begun = `following since ${since === undefined ? 'never' : time(since)}`
    const each = evictions.map((eviction) => `${JSON.stringify(eviction)} at ${time(eviction.at)}`)
    return `${each.join(', ') || 'never'}; ${begun}`
  }
}

/** @throws Error where it does not come to pass */
async function withinRest<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error(`Not within ${restDeadlineMs / 1_000} s after the last fault: ${what()}`))
  }, restDeadlineMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
