/** A queue: first in, first out, each step in constant time (amortised). */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    this.#compact()
    return item
  }

  /** Takes out the first ones, as many as `count` says, where there are that many. */
  take(count: number): Item[] {
    const end = Math.min(this.#head + count, this.#items.length)
    const taken = this.#items.slice(this.#head, end).filter((item) => item !== undefined)
    this.#items.fill(undefined, this.#head, end)
    this.#head = end
    this.#compact()
    return taken
  }

  /** Keeps only what passes, in order. */
  retain(keep: (item: Item) => boolean): void {
    const kept: Item[] = []
    for (let index = this.#head; index < this.#items.length; index++) {
      const item = this.#items[index]
      if (item !== undefined && keep(item)) kept.push(item)
    }
    this.#items = kept
    this.#head = 0
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }

  #compact(): void {
    if (this.#head < this.#items.length && (this.#head < 1024 || this.#head * 2 < this.#items.length)) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let index = this.#head; index < this.#items.length; index++) {
      const item = this.#items[index]
      if (item !== undefined) yield item
    }
  }
}
