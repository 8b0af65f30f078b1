interface Condition {
  isMet(): boolean
  resolve(): void
}

/** Conditions that callers wait for. The owner checks them whenever one may be met by a change. */
export class Conditions {
  readonly #waiting = new Set<Condition>()

  /** Resolves when the condition is met, at once or at a later check. */
  when(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.add({ isMet, resolve })
    })
  }

  check(): void {
    if (this.#waiting.size === 0) return
    for (const condition of this.#waiting) {
      if (!condition.isMet()) continue
      this.#waiting.delete(condition)
      condition.resolve()
    }
  }
}
