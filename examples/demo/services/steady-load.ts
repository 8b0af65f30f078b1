const tickMs = 20

/** Does something over and over at a steady rate, for as long as it is on. */
export class SteadyLoad {
  readonly #perTick: number
  readonly #doOnce: () => Promise<unknown>
  readonly #underWay = new Set<Promise<unknown>>()
  #timer: NodeJS.Timeout | undefined

  /** @param doOnce must not reject */
  constructor(perSecond: number, doOnce: () => Promise<unknown>) {
    this.#perTick = Math.round((perSecond * tickMs) / 1_000)
    this.#doOnce = doOnce
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      for (let count = 0; count < this.#perTick; count++) this.#begin()
    }, tickMs)
  }

  /** Resolves when what had begun is done. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await Promise.all(this.#underWay)
  }

  #begin(): void {
    const running = this.#doOnce().finally(() => this.#underWay.delete(running))
    this.#underWay.add(running)
  }
}
