import type { Presence } from '../recovery/entry.js'

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
