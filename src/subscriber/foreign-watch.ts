import type { Runtime, Timer } from '../support/runtime.js'

/** How far apart two evictions of everything are at least that messages over a limit cause. */
const evictEveryMs = 1_000

/** A subscription, as far as it is told of such messages. */
interface ForeignListener {
  /** Returns whether nothing can have been missed. */
  foreignGap(awayMs: number, heard: boolean): boolean
  resync(reason: 'oversized'): void
}

interface ForeignContext {
  readonly channel: string
  readonly subscriptions: Iterable<ForeignListener>
  /** Messages may be lost; called once until the link has been up for a heartbeat. */
  onLoss(text: string): void
}

/**
 * Watches over messages that are not in the log, since nothing of them can be read again: gaps of the Pub/Sub connection
 * in which some may have been lost, and messages that are too large to be taken.
 */
export class ForeignWatch {
  readonly #runtime: Pick<Runtime, 'monotonic' | 'after'>
  readonly #context: ForeignContext
  #heard = false
  #upSince: number | undefined
  #downSince: number | undefined
  #lossReported = false
  /** Until it ends, an eviction waits. */
  #pause: Timer | undefined
  #evictWaits = false

  constructor(runtime: Pick<Runtime, 'monotonic' | 'after'>, context: ForeignContext) {
    this.#runtime = runtime
    this.#context = context
  }

  /** A message came that is not in the log. */
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

  /** The Pub/Sub connection is about to be replaced: it has delivered nothing since `heardAt`, or since it is up. */
  deafSince(heardAt: number | undefined): void {
    if (this.#upSince !== undefined) this.#downSince = Math.max(this.#upSince, heardAt ?? 0)
  }

  /** The link has answered a heartbeat. */
  settled(): void {
    this.#lossReported = false
  }

  /** A message came that is larger than it may be. Many of them in a row share an eviction: anybody can send them. */
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
  return `The Pub/Sub connection was away for ${Math.round(awayMs)} ms, and some services publish to the channel "${channel}" without the log, as those on the Rust crate do: what they published meanwhile is lost here. Set \`onForeignGap: 'resync'\` to evict everything after such a gap, or move these services to this library`
}
