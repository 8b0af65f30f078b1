interface Flush {
  readonly sequence: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who wait until all that was accepted up to some message is appended. */
export class Flushes {
  readonly #flushes: Flush[] = []

  /** Resolves once nothing up to this sequence is outstanding. */
  until(sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#flushes.push({ sequence, resolve, reject })
    })
  }

  /** Something was appended; `oldest` is the sequence of the oldest message that is not. */
  progress(oldest: () => number): void {
    if (this.#flushes.length === 0) return
    const reached = oldest()
    for (let next = this.#flushes[0]; next && next.sequence < reached; next = this.#flushes[0]) {
      this.#flushes.shift()
      next.resolve()
    }
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#flushes.splice(0)) reject(error)
  }
}
