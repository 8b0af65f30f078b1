import type { Runtime, Timer } from '../support/runtime.js'

/** Least time between two evictions of everything because of messages over a limit, in ms. */
const evictEveryMs = 1_000

/** The part of a subscription that handles such messages. */
interface ForeignListener {
  /** Returns whether nothing can have been missed. */
  foreignGap(awayMs: number, heard: boolean): boolean
  resync(reason: 'oversized'): void
}

interface ForeignContext {
  readonly channel: string
  readonly subscriptions: Iterable<ForeignListener>
  /** Messages may be lost. Called only once until the link has answered a heartbeat. */
  onLoss(text: string): void
}

/**
 * Watches for losses of messages that are not in the log, since they can't be read again. They get lost in gaps of the
 * Pub/Sub connection, or because they are too large to be taken.
 */
export class ForeignWatch {
  readonly #runtime: Pick<Runtime, 'monotonic' | 'after'>
  readonly #context: ForeignContext
  #heard = false
  #upSince: number | undefined
  #downSince: number | undefined
  #lossReported = false
  /** While it runs, an eviction waits. */
  #pause: Timer | undefined
  #evictWaits = false

  constructor(runtime: Pick<Runtime, 'monotonic' | 'after'>, context: ForeignContext) {
    this.#runtime = runtime
    this.#context = context
  }

  /** A message that is not in the log was received. */
  heard(): void {
    this.#heard = true
  }

  /** The Pub/Sub connection went up or down. The first time it comes up ends no gap. */
  feed(up: boolean): void {
    const now = this.#runtime.monotonic()
    if (!up) {
      if (this.#upSince !== undefined) this.#downSince ??= now
      this.#upSince = undefined
      return
    }
    this.#upSince = now
    if (this.#downSince === undefined) return
    const awayMs = now - this.#downSince
    this.#downSince = undefined
    const unread = [...this.#context.subscriptions].filter((each) => !each.foreignGap(awayMs, this.#heard))
    if (unread.length === 0 || this.#lossReported) return
    this.#lossReported = true
    this.#context.onLoss(lossOf(this.#context.channel, awayMs))
  }

  /** The Pub/Sub connection is about to be replaced: it has delivered nothing since `heardAt`, or since it came up. */
  deafSince(heardAt: number | undefined): void {
    if (this.#upSince !== undefined) this.#downSince = Math.max(this.#upSince, heardAt ?? 0)
  }

  /** The link has answered a heartbeat. */
  settled(): void {
    this.#lossReported = false
  }

  /** A message over a limit was received. Many in a row share an eviction, since anybody can send them. */
  oversized(): void {
    this.#heard = true
    if (this.#pause) {
      this.#evictWaits = true
      return
    }
    for (const subscription of this.#context.subscriptions) subscription.resync('oversized')
    this.#pause = this.#runtime.after(evictEveryMs, () => {
      this.#pause = undefined
      if (!this.#evictWaits) return
      this.#evictWaits = false
      this.oversized()
    })
  }

  close(): void {
    this.#pause?.cancel()
  }
}

function lossOf(channel: string, awayMs: number): string {
  return `The Pub/Sub connection was away for ${Math.round(awayMs)} ms, and some services publish to the channel "${channel}" without the log, such as those on the Rust crate: their messages of that time are lost here. Set \`onForeignGap: 'resync'\` to evict everything after such a gap, or move these services to this library`
}
