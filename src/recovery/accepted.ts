import { PlaceIndex } from './place-index.js'
import type { Position } from './position.js'

/** How many entries are remembered: to tell duplicates, and to find where a forked history left ours. */
export const rememberedEntries = 1_024

/** The last entries that were accepted, each with its place in the order of acceptance. */
export class AcceptedEntries {
  /**
   * Each at its sequence modulo the length, where it stays until that place is taken anew. Texts, and not positions: V8
   * learns that positions live long, makes all of them in its old space, and collects what they refer to as rarely.
   */
  readonly #streamIds = new Array<string>(rememberedEntries).fill('')
  /** Undefined where there is no entry, or none any more. */
  readonly #appendIds = new Array<string | undefined>(rememberedEntries).fill(undefined)
  readonly #places = new PlaceIndex(rememberedEntries)
  #sequence = 0

  /** Place of the newest entry; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  add({ streamId, appendId }: Position): number {
    const sequence = this.skip()
    const place = sequence % rememberedEntries
    this.#streamIds[place] = streamId
    this.#appendIds[place] = appendId
    this.#places.add(place, appendId)
    return sequence
  }

  /** Takes the next place for what is no entry. What was accepted there is forgotten, unless it was accepted again since. */
  skip(): number {
    this.#sequence += 1
    const place = this.#sequence % rememberedEntries
    const oldest = this.#appendIds[place]
    if (oldest !== undefined) this.#places.delete(place, oldest)
    this.#appendIds[place] = undefined
    return this.#sequence
  }

  has(appendId: string): boolean {
    return this.#newestPlaceOf(appendId) !== undefined
  }

  sequenceOf(appendId: string): number | undefined {
    const place = this.#newestPlaceOf(appendId)
    return place === undefined ? undefined : this.#sequence - ((this.#sequence - place) % rememberedEntries)
  }

  newestFirst(): Position[] {
    const newest = new Map<string, Position>()
    for (let age = 0; age < rememberedEntries; age++) {
      const place = (this.#sequence + rememberedEntries - age) % rememberedEntries
      const [streamId = '', appendId] = [this.#streamIds[place], this.#appendIds[place]]
      if (appendId !== undefined && !newest.has(appendId)) newest.set(appendId, { streamId, appendId })
    }
    return [...newest.values()]
  }

  #newestPlaceOf(appendId: string): number | undefined {
    return this.#places.find(appendId, (place) => this.#appendIds[place] === appendId)
  }
}
