import { findStale } from './checker/find-stale.js'
import type { Fleet } from './fleet.js'
import { type Score, time } from './score.js'
import type { Surroundings } from './surroundings.js'

/**
 * How long it may take to come to rest. After a failover subscribers wait for up to a minute for a publisher that was
 * killed: its record must expire.
 */
const restDeadlineMs = 150_000
/** How long each subscription may then take to catch up. */
const catchUpMs = 30_000
/** What is missing when everyone has caught up is looked for once more so long after. */
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

  /**
   * Faults must be over. Leaves the load paused, and the books closed.
   *
   * @throws Error where it does not come to rest; what is lost and stale is on the score all the same
   */
  async audit(): Promise<void> {
    const { ledger, log } = this.#surroundings
    const unrest = await this.#comeToRest()
    let found = await this.#look()
    if (found.losses.length + found.stale.length > 0) {
      log.note('audit', `${found.losses.length} missing, ${found.stale.length} stale: looking again`)
      await new Promise((resolve) => setTimeout(resolve, secondLookMs))
      found = await this.#look()
    }
    this.#score.audited(found.losses, found.stale, (subscription) => this.#evictionsOf(subscription))
    log.note('audit', `${found.losses.length} lost, ${found.stale.length} stale`)
    const [problem] = [...unrest, ...found.behind]
    if (problem !== undefined) throw new Error(problem)
    ledger.close()
  }

  /** Resolves to what did not come to pass in time. */
  async #comeToRest(): Promise<string[]> {
    const { load, clock } = this.#surroundings
    let step = (): string => `${clock.unverified.join(', ')} live and verified`
    const steps = async (): Promise<string[]> => {
      await clock.recovered()
      load.pause()
      step = () => `${load.pending} publishes acknowledged`
      await load.allAcknowledged()
      step = () => 'every publisher at rest, with nothing left to repair'
      await this.#fleet.settle()
      return []
    }
    const late = Promise.withResolvers<string[]>()
    const timer = setTimeout(() => {
      late.resolve([`Not within ${restDeadlineMs / 1_000} s after the last fault: ${step()}`])
    }, restDeadlineMs)
    const unrest = await Promise.race([steps(), late.promise])
    clearTimeout(timer)
    load.pause()
    return unrest
  }

  async #look() {
    const { ledger, truth } = this.#surroundings
    const audited = await this.#fleet.audit(catchUpMs)
    const inProcesses = audited.flatMap(({ caches }) => Object.entries(caches))
    return {
      behind: audited.flatMap((each) => each.behind),
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
