interface Slot<T> {
  readonly value: T
  finished: boolean
  next: Slot<T> | undefined
}

/**
 * The highest contiguous finished: values are added in order, finish in any order, and advance in the order they were
 * added. `onAdvance` is called with every value, once, when it and all before it are finished.
 *
 * Only values that are not finished, and those waiting behind one, are kept. Adding and finishing take O(1), amortised.
 */
export class Watermark<T> {
  readonly #onAdvance: (value: T) => void
  #head: Slot<T> | undefined
  #tail: Slot<T> | undefined

  constructor(onAdvance: (value: T) => void) {
    this.#onAdvance = onAdvance
  }

  /** The oldest value that is not finished; undefined where all are. */
  get oldest(): T | undefined {
    return this.#head?.value
  }

  /** Adds a value behind all others; the function returned marks it finished, and may be called again. */
  add(value: T): () => void {
    const slot: Slot<T> = { value, finished: false, next: undefined }
    if (this.#tail) this.#tail.next = slot
    else this.#head = slot
    this.#tail = slot
    return () => {
      slot.finished = true
      this.#advance()
    }
  }

  #advance(): void {
    // The head moves before the call, so that `onAdvance` may add, finish or throw.
    for (let slot = this.#head; slot?.finished; slot = this.#head) {
      this.#head = slot.next
      if (!slot.next) this.#tail = undefined
      // Cut loose: who still holds the slot's function must not hold all that came after.
      slot.next = undefined
      this.#onAdvance(slot.value)
    }
  }
}
