import { compareStreamIds, streamIdTime } from '../../message/stream-id.js'

/** What a stream holds: a value under the ID it was given. */
export interface StreamItem<Value> {
  readonly id: string
  /** The last ID generated before this one. */
  readonly idBefore: string
  readonly value: Value
  /** How much it takes. */
  readonly bytes: number
}

const noId = '0-0'

/** A Redis stream in memory: IDs that never go back, counters that outlive the entries, capping by whole nodes. */
export class MemoryStream<Value> {
  readonly #nodeSize: number
  #items: StreamItem<Value>[] = []
  #lastId = noId
  #added = 0
  #bytes = 0

  /** @param nodeSize how many entries a capped `add` removes at once, as Redis removes whole nodes under `MAXLEN ~` */
  constructor(nodeSize: number) {
    this.#nodeSize = nodeSize
  }

  copy(): MemoryStream<Value> {
    const copy = new MemoryStream<Value>(this.#nodeSize)
    copy.#items = [...this.#items]
    copy.#lastId = this.#lastId
    copy.#added = this.#added
    copy.#bytes = this.#bytes
    return copy
  }

  get items(): readonly StreamItem<Value>[] {
    return this.#items
  }

  get first(): StreamItem<Value> | undefined {
    return this.#items[0]
  }

  get last(): StreamItem<Value> | undefined {
    return this.#items.at(-1)
  }

  /** The last ID ever generated; `0-0` before the first. */
  get lastId(): string {
    return this.#lastId
  }

  /** How many were ever added; undefined before the first, when Redis has no such key. */
  get added(): number | undefined {
    return this.#lastId === noId ? undefined : this.#added
  }

  add(value: Value, now: number, cap: number, bytes = 0): string {
    const idBefore = this.#lastId
    this.#lastId = nextId(idBefore, now)
    this.#added++
    this.#items.push({ id: this.#lastId, idBefore, value, bytes })
    this.#bytes += bytes
    const excess = Math.floor(Math.max(0, this.#items.length - cap) / this.#nodeSize) * this.#nodeSize
    this.#dropOldest(excess)
    return this.#lastId
  }

  at(id: string): StreamItem<Value> | undefined {
    const item = this.#items[this.#indexFrom(id)]
    return item?.id === id ? item : undefined
  }

  /** Up to `count` from an ID on, inclusive; `-` starts at the first. */
  range(from: string, count: number): readonly StreamItem<Value>[] {
    const start = from === '-' ? 0 : this.#indexFrom(from)
    return this.#items.slice(start, start + count)
  }

  delete(ids: readonly string[]): number {
    const gone = new Set(ids)
    const found = this.#items.filter(({ id }) => gone.has(id))
    if (found.length > 0) this.#items = this.#items.filter(({ id }) => !gone.has(id))
    this.#bytes -= bytesOf(found)
    return found.length
  }

  /** Keeps the newest `length`, exactly. */
  trim(length: number): void {
    this.#dropOldest(this.#items.length - length)
  }

  /** Drops the oldest, one by one, until the rest takes no more than so many bytes; the newest stays. */
  keepBytes(maxBytes: number): void {
    let excess = this.#bytes - maxBytes
    let dropped = 0
    for (; excess > 0 && dropped < this.#items.length - 1; dropped++) excess -= this.#items[dropped]?.bytes ?? 0
    this.#dropOldest(dropped)
  }

  /** Drops what was added before this time; the newest stays. */
  keepSince(time: number): void {
    const oldest = this.#items.findIndex(({ id }) => streamIdTime(id) >= time)
    this.#dropOldest(oldest === -1 ? this.#items.length - 1 : oldest)
  }

  /** Takes back the newest `count` as if they had never been added; returns them, oldest first. */
  takeBack(count: number): readonly StreamItem<Value>[] {
    const lost = this.#items.splice(Math.max(0, this.#items.length - count))
    this.#bytes -= bytesOf(lost)
    this.#added -= lost.length
    this.#lastId = lost[0]?.idBefore ?? this.#lastId
    return lost
  }

  #dropOldest(count: number): void {
    if (count > 0) this.#bytes -= bytesOf(this.#items.splice(0, count))
  }

  /** Index of the first item whose ID is not below `id`. */
  #indexFrom(id: string): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >> 1
      const item = this.#items[middle]
      if (item && compareStreamIds(item.id, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function bytesOf(items: readonly StreamItem<unknown>[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** What `XADD *` gives: the clock, or where that stands still or goes back, the next number of the same millisecond. */
function nextId(before: string, now: number): string {
  const [time = '0', sequence = '0'] = before.split('-')
  return now > Number(time) ? `${now}-0` : `${time}-${Number(sequence) + 1}`
}
