import type { Position } from '../../log/model/position.js'

/**
 * The history that a subscription follows: the entries that it has accepted, in order, and the newest of them, where it
 * goes on. Each accepted entry, and each resync, has a sequence.
 */
export class History {
  readonly #accepted = new AcceptedEntries()
  #position: Position | undefined
  #ordinal: number | undefined
  /** Sequence at which the anchor entry was lost; undefined while anchored, and before the beginning. */
  #unanchoredAt: number | undefined
  /** The head read at that moment; undefined if the log had none. While it stays the same, nothing was appended. */
  #unanchoredHead: string | undefined
  /** Whether the link has stayed up since then. Without it nobody sees that an empty log was filled and deleted. */
  #isWatched = false
  #forks = 0

  /** The newest entry accepted. */
  get position(): Position | undefined {
    return this.#position
  }

  /** How many entries had been appended up to the position, if known. */
  get ordinal(): number | undefined {
    return this.#ordinal
  }

  /** Grows with each fork and resync, after which stream IDs may step back. */
  get forks(): number {
    return this.#forks
  }

  /** Stream ID of an accepted entry; undefined unless it is remembered. */
  streamIdOf(appendId: string): string | undefined {
    return this.#accepted.streamIdOf(appendId)
  }

  /** Whether an entry is remembered as accepted under this stream ID. */
  includes({ streamId, appendId }: Position): boolean {
    return this.streamIdOf(appendId) === streamId
  }

  /** The accepted entries that are remembered. */
  newestFirst(): Position[] {
    return this.#accepted.newestFirst()
  }

  /** Moves on to the next entry; returns its sequence. */
  accept(position: Position): number {
    this.#position = position
    this.#unanchoredAt = undefined
    if (this.#ordinal !== undefined) this.#ordinal += 1
    return this.#accepted.add(position)
  }

  /** Begins at an entry behind which there is nothing to handle; returns its sequence. */
  begin(position: Position, ordinal: number | undefined): number {
    this.#ordinal = ordinal === undefined ? undefined : ordinal - 1
    return this.accept(position)
  }

  /** Begins without an anchor entry, in an empty log. */
  beginUnanchored(): void {
    this.#unanchoredAt = this.#accepted.sequence
    this.#unanchoredHead = undefined
    this.#isWatched = true
  }

  /** The link was down. */
  unwatched(): void {
    this.#isWatched = false
  }

  /** The history forked: goes on from an older entry of ours. */
  goBack(position: Position): void {
    this.#forks += 1
    this.#ordinal = undefined
    this.#position = position
  }

  /**
   * Continuity was given up: goes on from the head, or unanchored if the log had no entry to anchor to. Returns the
   * sequence of the resync.
   *
   * @param unanchoredHead what `last` named, if there was no entry to anchor to
   */
  restart(head: Position | undefined, ordinal: number | undefined, unanchoredHead: string | undefined): number {
    this.#forks += 1
    if (head !== undefined) return this.begin(head, ordinal)
    this.#ordinal = undefined
    this.#position = undefined
    this.#unanchoredAt = this.#accepted.skip()
    this.#unanchoredHead = unanchoredHead
    this.#isWatched = true
    return this.#unanchoredAt
  }

  /** Whether there is no anchor entry and the log's head is still the one read then, so that nothing was missed. */
  isUnanchored(head: string | undefined): boolean {
    if (this.#unanchoredAt === undefined || head !== this.#unanchoredHead) return false
    return head !== undefined || this.#isWatched
  }

  /** Sequence of the entry that the log ends with; undefined unless it was accepted, and is remembered. */
  sequenceOf(head: string | undefined): number | undefined {
    if (this.isUnanchored(head)) return this.#unanchoredAt
    return head === undefined ? undefined : this.#accepted.sequenceOf(head)
  }
}

/** How many entries are remembered: to recognize duplicates, and to find where a forked history left ours. */
export const rememberedEntries = 1_024

/** The last entries that were accepted, each with its place in the order of acceptance. */
export class AcceptedEntries {
  /**
   * Each at its sequence modulo the length, where it stays until that place is taken anew. Texts, and not positions: V8
   * learns that positions live long, makes all of them in its old space, and collects what they refer to as rarely.
   */
  readonly #streamIds = new Array<string>(rememberedEntries).fill('')
  /** Undefined if there is no entry, or no longer one. */
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

  /** Takes the next place without an entry. Forgets the entry that was there, unless it was accepted again since. */
  skip(): number {
    this.#sequence += 1
    const place = this.#sequence % rememberedEntries
    const oldest = this.#appendIds[place]
    if (oldest !== undefined) this.#places.delete(place, oldest)
    this.#appendIds[place] = undefined
    return this.#sequence
  }

  streamIdOf(appendId: string): string | undefined {
    const place = this.#newestPlaceOf(appendId)
    return place === undefined ? undefined : this.#streamIds[place]
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
    return this.#places.find(appendId, this.#appendIds)
  }
}

const none = -1
/** What differs is at the end of an append id, where its publisher counts. */
const hashedLength = 8

/**
 * Finds the places of a ring by the texts in them, the newest first.
 *
 * It keeps arrays of numbers, made once. A Map whose oldest key goes with each new one leaves a table behind whenever
 * it is full, which refers to the next: as soon as one is old, V8's minor collections keep all that went through the
 * Map. At 5,000 entries a second that was a pause of 4 ms every 800 ms.
 */
export class PlaceIndex {
  /** The newest place of each hash. */
  readonly #heads: Int32Array
  /** The next older place of the same hash. */
  readonly #olders: Int32Array

  /** @param places a power of two */
  constructor(places: number) {
    this.#heads = new Int32Array(2 * places).fill(none)
    this.#olders = new Int32Array(places).fill(none)
  }

  add(place: number, text: string): void {
    const hash = this.#hashOf(text)
    this.#olders[place] = this.#heads[hash] ?? none
    this.#heads[hash] = place
  }

  /**
   * The newest place of this text in the ring: other texts may share its hash. It runs for every live frame, so it
   * takes the ring instead of a function.
   */
  find(text: string, ring: ArrayLike<string | undefined>): number | undefined {
    let place = this.#heads[this.#hashOf(text)] ?? none
    while (place !== none && ring[place] !== text) place = this.#olders[place] ?? none
    return place === none ? undefined : place
  }

  /** Removes the oldest place of all, which held this text: it is the last of its hash. */
  delete(place: number, text: string): void {
    const hash = this.#hashOf(text)
    let newer = none
    for (let at = this.#heads[hash] ?? none; at !== place && at !== none; at = this.#olders[at] ?? none) newer = at
    if (newer === none) this.#heads[hash] = none
    else this.#olders[newer] = none
  }

  #hashOf(text: string): number {
    let hash = 0
    for (let index = Math.max(0, text.length - hashedLength); index < text.length; index++) {
      hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
    }
    return hash & (this.#heads.length - 1)
  }
}
