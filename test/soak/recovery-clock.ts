/**
 * Takes the time to recover: from the end of a fault, with no other on, until every subscription is live and knows, by
 * a read of the log's head sent after that end, that it has handled everything. A fault that begins before is judged
 * together with the one before it.
 */
export class RecoveryClock {
  readonly #verifiedAt = new Map<string, number | undefined>()
  readonly #samples: number[] = []
  #faults = 0
  #clearSince: number | undefined
  #waiting: (() => void)[] = []

  /** In ms, in order of occurrence. */
  get samples(): readonly number[] {
    return this.#samples
  }

  constructor(subscriptions: readonly string[]) {
    for (const each of subscriptions) this.#verifiedAt.set(each, undefined)
  }

  faultBegan(): void {
    this.#faults += 1
    this.#clearSince = undefined
  }

  faultEnded(at: number): void {
    this.#faults -= 1
    if (this.#faults === 0) this.#clearSince = at
  }

  /** It is live, and was verified at that time. */
  verified(subscription: string, at: number, now: number): void {
    this.#verifiedAt.set(subscription, at)
    const since = this.#clearSince
    if (since === undefined || ![...this.#verifiedAt.values()].every((each) => each !== undefined && each > since))
      return
    this.#samples.push(now - since)
    this.#clearSince = undefined
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** It is not live. */
  interrupted(subscription: string): void {
    this.#verifiedAt.set(subscription, undefined)
  }

  /** Resolves when the last fault has been recovered from; at once where it has been. */
  async recovered(): Promise<void> {
    if (this.#faults === 0 && this.#clearSince === undefined) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Who has not been verified since the end of the last fault. */
  get unverified(): string[] {
    const since = this.#clearSince ?? 0
    return [...this.#verifiedAt].flatMap(([name, at]) => (at === undefined || at <= since ? [name] : []))
  }
}
