import { Outage } from '../support/outage.js'
import type { Runtime, Timer } from '../support/runtime.js'

export interface LinkWatchContext {
  readonly runtime: Runtime
  readonly heartbeatMs: number
  readonly isUp: () => boolean
  /** Looks at the server behind the link; must settle. */
  readonly look: () => Promise<void>
  /** Called after each look over a link that is still up, whatever came of it: sending may begin, or go on. */
  readonly onLooked: () => void
  readonly onError: (error: Error) => void
}

/**
 * Looks at the server when the link comes up, before anything is sent, and with every heartbeat; the deadline of the
 * look finds a link that is open and dead. One look runs at a time.
 */
export class LinkWatch {
  readonly #context: LinkWatchContext
  readonly #outage: Outage
  #beat: Timer | undefined
  #wanted = false
  #looking = false
  #failing = false

  constructor(context: LinkWatchContext) {
    this.#context = context
    this.#outage = new Outage(context.onError)
    this.#schedule()
  }

  /** Whether the last look has failed. */
  get failing(): boolean {
    return this.#failing
  }

  /** Looks now or, if a look is under way, once more after it: that one may be at another server. */
  check(): void {
    this.#wanted = true
    if (!this.#looking) void this.#look()
  }

  close(): void {
    this.#beat?.cancel()
    this.#wanted = false
  }

  #schedule(): void {
    this.#beat = this.#context.runtime.after(this.#context.heartbeatMs, () => {
      if (!this.#looking && this.#context.isUp()) this.check()
      this.#schedule()
    })
  }

  async #look(): Promise<void> {
    const { isUp, look, onLooked } = this.#context
    this.#looking = true
    while (this.#wanted && isUp()) {
      this.#wanted = false
      try {
        await look()
        this.#failing = false
        this.#outage.ended()
      } catch (error) {
        this.#failing = true
        // If the link went down, its owner has been notified.
        if (isUp()) this.#outage.failed(error)
      }
    }
    this.#looking = false
    if (isUp()) onLooked()
  }
}
