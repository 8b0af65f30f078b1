import type { Presence } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { PreparedMessage } from '../../message/wire/prepared-message.js'
import { type Frame, repairFrame } from '../group-commit.js'
import type { RememberedFrame } from './packed-frames.js'
import type { Remembered } from './remembered.js'

/** What a repair found, in frames (of one message or many). */
export interface RepairSummary {
  /** Still in the log, or known to have been trimmed after they were replicated. */
  readonly intact: number
  /** Lost with the server that had acknowledged them, and appended again. */
  readonly reappended: number
  /** May have been lost: one message that evicts all is appended for all of them. Those no longer remembered count as one. */
  readonly unknown: number
}

export interface RepairContext {
  readonly remembered: Remembered
  /** Where entries are looked up, at most 100 at once, answered in the same order. */
  readonly lookup: (positions: readonly Position[]) => Promise<readonly Presence[]>
  /** Stops sending, and resolves when nothing is under way. */
  readonly quiesce: () => Promise<void>
  /** Appends frames ahead of all that waits. */
  readonly repeat: (frames: readonly Frame[]) => void
  /** Makes the message that evicts everything. */
  readonly evictAll: () => PreparedMessage
  readonly onRepaired: (summary: RepairSummary) => void
  /** The server does not report its replication id. Called at every look. */
  readonly onBlind: () => void
}

const batchSize = 100

/**
 * Replication is asynchronous, so a failover can lose entries that were acknowledged. What was acknowledged is
 * remembered with the replication id of the server; when that id has changed, every remembered frame is looked up, and
 * what is gone is appended again.
 */
export class Repair {
  readonly #context: RepairContext
  /** The replication id as last read over this connection. */
  #history: string | undefined
  /** The replication id under which every remembered frame was acknowledged or found. */
  #provenUnder: string | undefined

  constructor(context: RepairContext) {
    this.#context = context
  }

  acknowledged(frame: Frame, position: Position): void {
    this.#context.remembered.add(frame, position, this.#history)
    if (this.#history !== this.#provenUnder) this.#provenUnder = undefined
  }

  /** Until the next look the server may be any. */
  linkDown(): void {
    this.#history = undefined
    this.#context.remembered.stopAgeing()
  }

  /** The server's replication id was read. Rejects when a lookup failed: then the repair is still to be done. */
  async historyIs(id: string | undefined): Promise<void> {
    const { remembered, onBlind } = this.#context
    if (id === undefined) onBlind()
    else {
      this.#history = id
      if (id !== this.#provenUnder) await this.#lookUp(id)
      this.#provenUnder = id
    }
    remembered.resumeAgeing()
  }

  async #lookUp(id: string): Promise<void> {
    const { remembered, quiesce } = this.#context
    if (remembered.outside(id).length === 0 && remembered.droppedOutside(id) === undefined) return
    remembered.stopAgeing()
    // From here to the end nothing is acknowledged, so that what is remembered stays as it is looked up.
    await quiesce()
    const frames = remembered.outside(id)
    const presences: Presence[] = []
    for (let start = 0; start < frames.length; start += batchSize) {
      const batch = frames.slice(start, start + batchSize)
      presences.push(...(await this.#context.lookup(batch.map(({ position }) => position))))
    }
    this.#conclude(id, frames, presences)
  }

  #conclude(id: string, frames: readonly RememberedFrame[], presences: readonly Presence[]): void {
    const { remembered, repeat, evictAll, onRepaired } = this.#context
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

    const repeats = gone.map(({ json, bytes, count }) => repairFrame(json, bytes, count))
    const unknownFrames = unknown.length + lostCount
    if (unknownFrames > 0) {
      const { json, bytes } = evictAll()
      const count = unknown.reduce((sum, frame) => sum + frame.count, lostCount)
      repeats.unshift(repairFrame(json, bytes, count))
    }
    repeat(repeats)
    onRepaired({ intact: intact.length, reappended: gone.length, unknown: unknownFrames })
  }
}

/** An acknowledged frame after the replication id changed. */
export interface Suspect {
  /** The replication id under which it was acknowledged; undefined where that was not known. */
  readonly history: string | undefined
  readonly presence: Presence
}

/** Whether the entry survived. `unknown`: it may have been trimmed, it may never have reached this server. */
export type Verdict = 'intact' | 'gone' | 'unknown'

/**
 * Judges acknowledged frames, given oldest first. A server replicates a history in order, so whoever has a later entry
 * of it had the earlier ones too: what is below the log's first entry was trimmed, if a later frame of the same
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
