import type { Position } from '../../log/model/position.js'
import { databaseOf } from '../../message/wire/decode-frame.js'
import { ConfigurationError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'
import type { StrayAsker, StrayLookups } from './strays.js'

export interface OtherLogsContext {
  readonly channel: string
  /** Where our log is; undefined if a log has no number. */
  readonly database: number | undefined
  readonly runtime: Pick<Runtime, 'monotonic'>
  readonly lookups: Pick<StrayLookups, 'ask'>
  /** A frame was dropped. */
  onDropped(): void
  onError(error: Error): void
}

/** A frame that names the database of its log. */
interface PlacedFrame {
  readonly database: number | undefined
  readonly position: Position
}

/** The verdict on another database: `asked` until the log has answered. */
interface Verdict {
  is: 'asked' | 'ours' | 'other'
  readonly askedAt: number
}

/** How many databases are remembered. A Redis has 16 by default. */
const maxDatabases = 64
/** How often a frame of another database is looked up again: the first may have been forged. */
const checkAgainMs = 10_000

/**
 * Recognises frames of a log in another database of the same Redis: Pub/Sub knows no databases, so logs of one channel
 * name hear each other. The number in a frame alone proves nothing, since a proxy may renumber databases. If our log
 * has the frame, the number is ours. If our log lacks it, the number is another log's, whose frames are then dropped
 * unread.
 */
export class OtherLogs {
  /** Where our log is; undefined if a log has no number. */
  readonly database: number | undefined
  /** Whether any database is known to be another log's; checked for every frame. */
  dropping = false
  readonly #context: OtherLogsContext
  #verdicts = new Map<number, Verdict>()
  readonly #reported = new Set<number>()

  constructor(context: OtherLogsContext) {
    this.database = context.database
    this.#context = context
  }

  /** The link came up again, perhaps to another server: earlier verdicts no longer hold. */
  forget(): void {
    this.#verdicts = new Map()
    this.dropping = false
  }

  /** Whether a text on the channel is a frame of another log, by its first fields alone. */
  drops(text: string): boolean {
    const database = databaseOf(text)
    const verdict = database === undefined ? undefined : this.#verdicts.get(database)
    if (verdict?.is !== 'other' || this.#isStale(verdict)) return false
    this.#context.onDropped()
    return true
  }

  /**
   * Whether to take a decoded frame now. If it must first be looked up, returns false, and calls `take` later unless it
   * is another log's. Until then further frames of the same database are dropped; if they are ours after all, they are
   * read from the log.
   */
  admits({ database, position }: PlacedFrame, take: () => void): boolean {
    if (database === undefined || this.database === undefined) return true
    if (database === this.database) return true
    const verdict = this.#verdicts.get(database)
    if (verdict === undefined && this.#verdicts.size >= maxDatabases) return true
    if (verdict === undefined || this.#isStale(verdict)) return this.#ask(database, position, take)
    if (verdict.is !== 'ours') this.#context.onDropped()
    return verdict.is === 'ours'
  }

  /** An unanswered question is asked again as well: its answer may have been lost with the link. */
  #isStale({ is, askedAt }: Verdict): boolean {
    return is !== 'ours' && this.#context.runtime.monotonic() - askedAt >= checkAgainMs
  }

  #ask(database: number, position: Position, take: () => void): boolean {
    const before = this.#verdicts.get(database)?.is === 'other' ? 'other' : 'asked'
    const verdict: Verdict = { is: before, askedAt: this.#context.runtime.monotonic() }
    const asker: StrayAsker = {
      awaits: () => this.#verdicts.get(database) === verdict,
      answer: (_, presence) => {
        verdict.is = presence === 'gone' ? 'other' : 'ours'
        if (verdict.is === 'other') {
          this.#found(database)
          return
        }
        // Only a frame that our log has proves that the number is ours, so the next one is looked up as well.
        if (presence !== 'intact') this.#verdicts.delete(database)
        take()
      },
    }
    if (this.#context.lookups.ask(position, asker) === 'never') return before !== 'other'
    this.#verdicts.set(database, verdict)
    return false
  }

  #found(database: number): void {
    this.dropping = true
    this.#context.onDropped()
    if (this.#reported.has(database) || this.#reported.size >= maxDatabases) return
    this.#reported.add(database)
    const { channel, database: ours } = this.#context
    this.#context.onError(
      new ConfigurationError(
        `Frames of a log in database ${database} arrive on the channel "${channel}", and this log is in database ${ours}: Pub/Sub knows no databases, so both logs share the channel. Frames of database ${database} are dropped. Give each environment a \`channel\` of its own`,
      ),
    )
  }
}
