const sampleSize = 10

/** Counts what one subscriber handles in a round. */
export class Ledger {
  readonly #now: () => number
  #first = 0
  #seen = new Uint8Array(0)
  #handled = 0
  #duplicates = 0
  #lastAt = 0
  #sample: string[] = []
  #awaited = Infinity
  #all = Promise.withResolvers<undefined>()

  /** @param now milliseconds; asked for every message */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Different ids of the round that were handled. */
  get handled(): number {
    return this.#handled
  }

  get duplicates(): number {
    return this.#duplicates
  }

  /** When the last of them was handled; when the round began, where none was. */
  get lastAt(): number {
    return this.#lastAt
  }

  /** The first ids that were handled. */
  get sample(): readonly string[] {
    return this.#sample
  }

  /** Begins a round of `count` ids from `first` on. What comes late from the round before does not count in it. */
  begin(first: number, count: number): void {
    this.#first = first
    this.#seen = new Uint8Array(count)
    this.#handled = 0
    this.#duplicates = 0
    this.#lastAt = this.#now()
    this.#sample = []
    this.#awaited = Infinity
    this.#all = Promise.withResolvers()
  }

  handle(id: string): void {
    const index = Number(id) - this.#first
    const seen = this.#seen[index]
    if (seen === undefined) return
    if (seen === 1) {
      this.#duplicates++
      return
    }
    this.#seen[index] = 1
    this.#lastAt = this.#now()
    if (this.#sample.length < sampleSize) this.#sample.push(id)
    if (++this.#handled >= this.#awaited) this.#all.resolve(undefined)
  }

  /** Resolves when so many ids are handled, or when no further one was for `quietMs`. */
  async settled(published: number, quietMs: number): Promise<void> {
    this.#awaited = published
    if (this.#handled >= published) return
    const quiet = Promise.withResolvers<undefined>()
    const since = this.#now()
    const timer = setInterval(() => {
      if (this.#now() - Math.max(since, this.#lastAt) >= quietMs) quiet.resolve(undefined)
    }, quietMs / 10)
    await Promise.race([this.#all.promise, quiet.promise])
    clearInterval(timer)
  }
}
