import type { Progress } from '../progress/progress.js'
import type { History } from './history.js'

/** After so many readings in a row that a heartbeat had to start, the Pub/Sub connection counts as deaf. */
const deafAfter = 2

/** Compares the heads that heartbeats read with the accepted entries: finds entries missing on the live channel. */
export class Heartbeats {
  readonly #following: {
    readonly history: Pick<History, 'isUnanchored'>
    readonly progress: Pick<Progress, 'hasReached'>
  }
  #previous: { readonly head: string | undefined } | undefined
  /** Heartbeats that found something missing since the live channel last continued the history. */
  deaf = 0

  constructor(following: {
    readonly history: Pick<History, 'isUnanchored'>
    readonly progress: Pick<Progress, 'hasReached'>
  }) {
    this.#following = following
  }

  linkUp(): void {
    this.#previous = undefined
  }

  /** Whether the head that the heartbeat before this one read has still not been accepted. */
  hasMissed(head: string | undefined): boolean {
    const previous = this.#previous
    this.#previous = { head }
    if (previous === undefined) return false
    const { history, progress } = this.#following
    if (previous.head !== undefined) return !progress.hasReached(previous.head)
    // Twice no head at all: the log that had our position, or our head, is gone.
    return head === undefined && !history.isUnanchored(undefined)
  }

  /** How to get missing entries: read them, or make a new Pub/Sub connection. */
  missed(head: string | undefined): 'read' | 'replace-feed' {
    // A log that is gone published nothing, so the channel had nothing to deliver.
    if (head !== undefined) this.deaf += 1
    if (this.deaf < deafAfter) return 'read'
    this.deaf = 0
    return 'replace-feed'
  }
}
