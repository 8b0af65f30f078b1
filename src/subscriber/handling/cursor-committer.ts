import { Outage } from '../../support/outage.js'
import type { Runtime, Timer } from '../../support/runtime.js'
import type { CursorStore } from './cursor.js'

export interface CursorCommitterOptions {
  readonly store: CursorStore
  /** Name of the cursor. */
  readonly name: string
  /** Least time from the start of one save to the start of the next, in ms. */
  readonly intervalMs: number
  readonly runtime: Runtime
  /**
   * Called with the first failure of each kind in an outage; the position is kept and saved again at the next interval.
   */
  onError(error: Error): void
}

interface Wish {
  readonly position: string
  readonly overwrite: boolean
}

/** A store that fails is not asked again sooner, however short the interval. */
const minRetryMs = 100

/** Saves how far a subscription has come: one save at a time, the newest position each time. */
export class CursorCommitter {
  readonly #options: CursorCommitterOptions
  readonly #outage: Outage
  #wish: Wish | undefined
  #saving: Promise<void> | undefined
  #timer: Timer | undefined
  #nextSaveAt = -Infinity
  #closed = false
  #closing: Promise<void> | undefined

  constructor(options: CursorCommitterOptions) {
    this.#options = options
    this.#outage = new Outage((error) => options.onError(error))
  }

  /**
   * Has the position saved soon, in place of any that still waits. `overwrite` lets the cursor move back, and holds
   * until a save that carries it has succeeded. After `close()` nothing more is saved.
   */
  commit(position: string, overwrite = false): void {
    this.#wish = { position, overwrite: overwrite || (this.#wish?.overwrite ?? false) }
    this.#schedule()
  }

  /** Saves what waits, with one try, and stops. Never rejects: a failure goes to `onError`. */
  close(): Promise<void> {
    this.#closing ??= this.#saveLast()
    return this.#closing
  }

  async #saveLast(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#saving
    if (this.#wish) await this.#save(this.#wish)
  }

  #schedule(): void {
    if (this.#closed || this.#saving || this.#timer || !this.#wish) return
    const wait = this.#nextSaveAt - this.#options.runtime.monotonic()
    if (wait <= 0) {
      this.#begin(this.#wish)
      return
    }
    this.#timer = this.#options.runtime.after(wait, () => {
      this.#timer = undefined
      this.#schedule()
    })
  }

  #begin(wish: Wish): void {
    const { intervalMs, runtime } = this.#options
    const startedAt = runtime.monotonic()
    this.#saving = this.#save(wish).then(() => {
      this.#saving = undefined
      this.#nextSaveAt = this.#outage.ongoing
        ? runtime.monotonic() + Math.max(intervalMs, minRetryMs)
        : startedAt + intervalMs
      this.#schedule()
    })
  }

  async #save(wish: Wish): Promise<void> {
    this.#wish = undefined
    try {
      await this.#options.store.save(this.#options.name, wish.position, wish.overwrite)
      this.#outage.ended()
    } catch (error) {
      this.#keep(wish)
      this.#outage.failed(error)
    }
  }

  /** A newer position may have come meanwhile; the wish to overwrite outlives the save that carried it. */
  #keep(failed: Wish): void {
    const { position, overwrite } = this.#wish ?? failed
    this.#wish = { position, overwrite: overwrite || failed.overwrite }
  }
}
