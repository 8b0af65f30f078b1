import type { LiveFollower } from './live-fleet.js'
import type { SteadyLoad } from './steady-load.js'

const lookMs = 10

/**
 * Looks all the while whether a subscription tells the truth: by the moment that it vouches for (`verifiedAt`),
 * everything that had been acknowledged until then has been handled.
 */
export class Vouching {
  /** What it vouched for and had not handled. */
  readonly lies: string[] = []
  readonly #follower: LiveFollower
  readonly #load: SteadyLoad
  readonly #timer: NodeJS.Timeout
  readonly #handled = new Set<string>()
  #messagesSeen = 0
  #acknowledgedSeen = 0

  constructor(follower: LiveFollower, load: SteadyLoad) {
    this.#follower = follower
    this.#load = load
    this.#timer = setInterval(() => {
      this.#look()
    }, lookMs)
  }

  /** How many acknowledged invalidations it was found to have vouched for. */
  get seen(): number {
    return this.#acknowledgedSeen
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { verifiedAt = -Infinity } = this.#follower.subscription.freshness()
    const { names } = this.#follower.handled
    for (; this.#messagesSeen < names.length; this.#messagesSeen++) this.#handled.add(names[this.#messagesSeen] ?? '')
    const { acknowledged } = this.#load
    for (let next = acknowledged[this.#acknowledgedSeen]; next && next.at < verifiedAt;) {
      if (!this.#handled.has(next.id)) this.lies.push(next.id)
      next = acknowledged[++this.#acknowledgedSeen]
    }
  }
}
