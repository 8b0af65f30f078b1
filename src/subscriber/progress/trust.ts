import { compareStreamIds } from '../../message/stream-id.js'
import type { Ground } from './look.js'

/** Of entries that are no longer in the log, none. */
export const inLogOnly = 'log'

/**
 * What a subscription may vouch for across failovers. Each can lose entries that were acknowledged, and a subscription
 * that was away can't see that. So what it knows holds under one replication id: after that has changed, it doubts until
 * the publishers have checked that their entries survived, or everything was evicted.
 *
 * An id that was read before something else holds for it: if it changed in between, there is doubt for nothing.
 */
export class Trust {
  #current: string | undefined
  #ground: Ground | undefined
  /** The id that there was doubt about last. */
  #doubted: string | undefined
  /** The id under which all publishers have checked that what was acknowledged to them is in the log. */
  #settled: string | undefined
  /** What a resync covers as soon as it is handled. */
  coming: { readonly sequence: number; readonly ground: Ground } | undefined

  /** The replication id, as it was read last; undefined if the server does not say. */
  get current(): string | undefined {
    return this.#current
  }

  /** The replication id under which nothing that was acknowledged is missing; undefined if that is not known. */
  get id(): string | undefined {
    return this.#ground?.id
  }

  /** Whether something that a failover lost may be missing here. If the server does not say its id, nobody can know. */
  get isDoubtful(): boolean {
    if (this.#ground === undefined || this.#current === undefined) return false
    return this.#current !== this.#ground.id && this.#current !== this.#settled
  }

  /** The replication id was read; returns whether there is doubt about it that there was not before. */
  idRead(id: string | undefined): boolean {
    this.#current = id
    if (!this.isDoubtful || id === this.#doubted) return false
    this.#doubted = id
    return true
  }

  begun(ground: Ground): void {
    this.#ground = ground
  }

  /** Everything is evicted by what was accepted at this sequence; `since` as of a {@link Ground}. */
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
   * All publishers have checked, under the current id, that what was acknowledged to them is in the log. A head that is
   * read from now on proves that it is handled.
   */
  settled(): void {
    this.#settled = this.#current
  }

  /** Everything that was acknowledged before a moment under this id has been handled. */
  verified(id: string | undefined): void {
    if (this.#ground !== undefined && id !== undefined) this.#ground = { ...this.#ground, id }
  }

  /**
   * Whether an entry at or before the handled position has been handled here, or is covered.
   *
   * @param isInLog whether it is in the log; one that is not may be of a history that a failover replaced
   */
  covers(streamId: string, isInLog: boolean): boolean {
    if (this.#ground === undefined) return false
    const { id, since } = this.#ground
    if (!isInLog && (id === undefined || id !== this.#current)) return false
    if (since === inLogOnly) return isInLog
    return since === undefined || compareStreamIds(streamId, since) >= 0
  }
}
