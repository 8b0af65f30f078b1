import type { Log } from '../../log/log.js'
import { blindness } from '../../log/model/blindness.js'
import type { Presence } from '../../log/model/entry.js'
import { lookupBatches } from '../../log/model/position.js'
import type { PreparedMessage } from '../../message/wire/prepared-message.js'
import { Outage } from '../../support/outage.js'
import type { Batcher, Frame } from '../batcher.js'
import type { Remembered, RememberedFrame } from './remembered.js'

/** The result of a repair, in frames (of one message or many). */
export interface RepairSummary {
  /** Still in the log, or known to have been trimmed after they were replicated. */
  readonly intact: number
  /** Lost with the server that had acknowledged them, and appended again. */
  readonly reappended: number
  /** May have been lost: one message that evicts all covers them. Those no longer remembered count as one. */
  readonly unknown: number
}

export interface RepairContext {
  readonly remembered: Remembered
  readonly batcher: Pick<Batcher, 'quiesce' | 'repeat'>
  readonly log: Log
  /** Makes the message that evicts everything. */
  readonly evictAll: () => PreparedMessage
  readonly onRepaired: (summary: RepairSummary) => void
  /** Called when the last frame of a repair has been acknowledged: `checkedId` has changed. */
  readonly onChecked: () => void
  readonly onError: (error: Error) => void
}

/**
 * Replication is asynchronous, so a failover can lose entries that were acknowledged. Acknowledged frames are
 * remembered with the replication id of the server; when that id has changed, every remembered frame is looked up, and
 * those that are gone are appended again.
 */
export class Repair {
  readonly #context: RepairContext
  /** Never ends: a server that does not report its replication id is reported once. */
  readonly #blindness: Outage
  #checkedId: string | undefined
  /** The replication id under which everything was looked up, while frames of the repair are not yet acknowledged. */
  #repairingId: string | undefined
  /** How many frames of repairs are not yet acknowledged. */
  #unacknowledged = 0
  #complete = false
  #isBlind = false

  constructor(context: RepairContext) {
    this.#context = context
    this.#blindness = new Outage(context.onError)
  }

  /**
   * The replication id under which every acknowledged frame was last found, or was appended again and acknowledged.
   * Undefined before the first check.
   */
  get checkedId(): string | undefined {
    return this.#checkedId
  }

  /** Whether every acknowledged frame has been checked since the link came up, as far as the server permits. */
  get complete(): boolean {
    return this.#complete
  }

  /** Whether the server last did not report its replication id: then nothing can be repaired. */
  get isBlind(): boolean {
    return this.#isBlind
  }

  /** The link went down: the next server may lack acknowledged frames. */
  linkDown(): void {
    this.#complete = false
    this.#context.remembered.linkDown()
  }

  /** The server's replication id was read. Rejects if a lookup failed: then the repair is still to be done. */
  async historyIs(id: string | undefined): Promise<void> {
    const { remembered } = this.#context
    this.#isBlind = id === undefined
    if (id === undefined) {
      this.#blindness.failed(blindness('repair', 'set `repair` to false'))
      this.#complete = this.#unacknowledged === 0
    } else {
      if (id !== this.#checkedId) this.#complete = false
      if (id !== this.#repairingId) this.#repairingId = undefined
      if (!remembered.historyIs(id)) await this.#lookUp(id)
      remembered.provenUnder(id)
      this.#repairingId = id
      this.#conclude()
    }
    remembered.resumeAgeing()
  }

  /** A frame of a repair was acknowledged. */
  acknowledged(): void {
    this.#unacknowledged--
    if (this.#repairingId === undefined) return
    if (this.#conclude()) this.#context.onChecked()
  }

  /** Everything has survived only when no frame is left to append again. */
  #conclude(): boolean {
    if (this.#unacknowledged > 0) return false
    this.#checkedId = this.#repairingId
    this.#complete = true
    return true
  }

  async #lookUp(id: string): Promise<void> {
    const { remembered, batcher, log } = this.#context
    if (remembered.outside(id).length === 0 && remembered.droppedOutside(id) === undefined) return
    remembered.stopAgeing()
    // From here to the end nothing is acknowledged: the remembered frames stay as they are looked up.
    await batcher.quiesce()
    const frames = remembered.outside(id)
    const presences: Presence[] = []
    for (const batch of lookupBatches(frames)) {
      presences.push(...(await log.lookup(batch.map(({ position }) => position))))
    }
    this.#append(id, frames, presences)
  }

  #append(id: string, frames: readonly RememberedFrame[], presences: readonly Presence[]): void {
    const { remembered, batcher, evictAll, onRepaired } = this.#context
    // What was dropped can't be looked up: it counts as below.
    const dropped = remembered.droppedOutside(id)
    const older: Suspect[] = dropped ? [{ history: dropped.history, presence: 'below' }] : []
    const looked = frames.map(({ history }, index): Suspect => ({ history, presence: presences[index] ?? 'gone' }))
    const verdicts = judge([...older, ...looked])
    const those = (verdict: Verdict) => frames.filter((_, index) => verdicts[older.length + index] === verdict)
    const [intact, gone, unknown] = [those('intact'), those('gone'), those('unknown')]
    const lostCount = older.length > 0 && verdicts[0] === 'unknown' ? 1 : 0

    if (dropped && verdicts[0] === 'intact') dropped.history = id
    remembered.keepOnly(id, intact)

    const repeats = gone.map(({ json, bytes, count }): Frame => ({ messages: [], json, bytes, count }))
    const unknownFrames = unknown.length + lostCount
    if (unknownFrames > 0) {
      const { json, bytes } = evictAll()
      const count = unknown.reduce((sum, frame) => sum + frame.count, lostCount)
      repeats.unshift({ messages: [], json, bytes, count })
    }
    this.#unacknowledged += repeats.length
    batcher.repeat(repeats)
    onRepaired({ intact: intact.length, reappended: gone.length, unknown: unknownFrames })
  }
}

/** An acknowledged frame after the replication id changed. */
export interface Suspect {
  /** The replication id under which it was acknowledged; undefined if that was not known. */
  readonly history: string | undefined
  readonly presence: Presence
}

/** Whether the entry survived. `unknown`: it may have been trimmed, it may never have reached this server. */
export type Verdict = 'intact' | 'gone' | 'unknown'

/**
 * Judges acknowledged frames, given oldest first. A server replicates a history in order, so a server with a
 * later entry of it had the earlier ones too: an entry below the log's first was trimmed, if a later frame of the same
 * history is intact.
 */
export function judge(suspects: readonly Suspect[]): Verdict[] {
  const proven = new Set<string>()
  return suspects
    .toReversed()
    .map(({ history, presence }): Verdict => {
      if (presence === 'intact' && history !== undefined) proven.add(history)
      if (presence !== 'below') return presence
      return history !== undefined && proven.has(history) ? 'intact' : 'unknown'
    })
    .reverse()
}
