/** A timer that is due at a moment; `order` tells those of one moment apart, so that the first set runs first. */
export interface ScheduledTimer {
  readonly due: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

/** A binary heap of timers: the next one due is on top. */
export class TimerHeap {
  readonly #timers: ScheduledTimer[] = []

  push(timer: ScheduledTimer): void {
    this.#timers.push(timer)
    let index = this.#timers.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#swapIfBefore(index, parent)) return
      index = parent
    }
  }

  /** The next timer that was not cancelled. */
  peek(): ScheduledTimer | undefined {
    while (this.#timers[0]?.cancelled) this.#removeTop()
    return this.#timers[0]
  }

  pop(): ScheduledTimer | undefined {
    const top = this.peek()
    if (top) this.#removeTop()
    return top
  }

  #removeTop(): void {
    const last = this.#timers.pop()
    if (!last || this.#timers.length === 0) return
    this.#timers[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      const child = this.#isBefore(right, left) ? right : left
      if (!this.#swapIfBefore(child, index)) return
      index = child
    }
  }

  #swapIfBefore(index: number, other: number): boolean {
    const a = this.#timers[index]
    const b = this.#timers[other]
    if (!a || !b || !this.#isBefore(index, other)) return false
    this.#timers[index] = b
    this.#timers[other] = a
    return true
  }

  #isBefore(index: number, other: number): boolean {
    const a = this.#timers[index]
    const b = this.#timers[other]
    if (!a || !b) return false
    return a.due < b.due || (a.due === b.due && a.order < b.order)
  }
}
