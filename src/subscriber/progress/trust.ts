import { compareStreamIds } from '../../message/stream-id.js'
import type { Ground } from './look.js'

/** Nothing is known about entries that are no longer in the log. */
export const inLogOnly = 'log'

/**
 * Decides what a subscription may vouch for across failovers. Each failover can lose acknowledged entries, and a
 * subscription that was away can't see that. So its knowledge holds under one replication id. After a change of the id
 * there is doubt until the publishers have checked that their entries survived, or everything was evicted.
 *
 * An id also holds for what is read after it: if it changed in between, the only cost is needless doubt.
 */
export class Trust {
  #current: string | undefined
  #ground: Ground | undefined
  /** The id that was last in doubt. */
  #doubted: string | undefined
  /** The id under which all publishers have checked that their acknowledged entries are in the log. */
  #settled: string | undefined
  /** The ground that is valid as soon as a resync is handled. */
  coming: { readonly sequence: number; readonly ground: Ground } | undefined

  /** The replication id, as it was read last; undefined if the server does not report it. */
  get current(): string | undefined {
    return this.#current
  }

  /** Whether it is known where the subscription began. */
  get hasBegun(): boolean {
    return this.#ground !== undefined
  }

  /** The replication id under which no acknowledged entry is missing; undefined if that is not known. */
  get id(): string | undefined {
    return this.#ground?.id
  }

  /** Whether entries that a failover lost may be missing here. False if the server does not report its id. */
  get isDoubtful(): boolean {
    if (this.#ground === undefined || this.#current === undefined) return false
    return this.#current !== this.#ground.id && this.#current !== this.#settled
  }

  /** The replication id was read; returns whether that raises a new doubt. */
  idRead(id: string | undefined): boolean {
    this.#current = id
    if (!this.isDoubtful || id === this.#doubted) return false
    this.#doubted = id
    return true
  }

  begun(ground: Ground): void {
    this.#ground = ground
  }

  /** The message accepted at this sequence evicts everything; `since` as in a {@link Ground}. */
  resynced(sequence: number, ground: Ground): void {
    this.coming = { sequence, ground }
  }

  /** Everything accepted up to this sequence has been handled. */
  handled(sequence: number): void {
    if (this.coming === undefined || sequence < this.coming.sequence) return
    this.#ground = this.coming.ground
    this.coming = undefined
  }

  /**
   * All publishers have checked, under the current id, that their acknowledged entries are in the log. Once a head that
   * is read from now on is handled, so are they.
   */
  settled(): void {
    this.#settled = this.#current
  }

  /** Everything acknowledged under this id before some moment has been handled. */
  verified(id: string | undefined): void {
    if (this.#ground !== undefined && id !== undefined) this.#ground = { ...this.#ground, id }
  }

  /** Whether the subscription goes on from this entry, though nobody handled it. */
  isSkipped(appendId: string): boolean {
    return appendId === this.#ground?.skipped || appendId === this.coming?.ground.skipped
  }

  /**
   * Whether an entry at or before the handled position has been handled here, or is covered.
   *
   * @param isInLog whether it is in the log; otherwise it may be of a history that a failover replaced
   */
  covers(streamId: string, isInLog: boolean): boolean {
    if (this.#ground === undefined) return false
    const { id, since } = this.#ground
    if (!isInLog && (id === undefined || id !== this.#current)) return false
    if (since === inLogOnly) return isInLog
    return since === undefined || compareStreamIds(streamId, since) >= 0
  }
}
