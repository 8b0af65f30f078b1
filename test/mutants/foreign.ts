import type { Mutant } from './mutant.js'

/** How messages are treated that are not in the log. */
export const foreign: readonly Mutant[] = [
  {
    name: 'foreign-gap-ignored',
    lacks: 'the resync after a gap in which messages that are not in the log may be missed',
    file: 'subscriber/subscription.ts',
    from: "if (resync) this.resync('foreign-gap')",
    to: '',
  },
  {
    name: 'foreign-gap-at-start',
    lacks: 'the same resync at a start from a cursor',
    file: 'subscriber/follow/recovery.ts',
    from: "if (this.#context.options.onForeignGap === 'resync') ",
    to: 'if (outcome !== undefined) ',
  },
  {
    name: 'feed-gap-by-link',
    lacks: 'the look at the Pub/Sub connection alone: a gap that ends while the command connection is down is none',
    file: 'subscriber/link.ts',
    from: 'listener.onFeed(true)',
    to: 'if (commands.up) listener.onFeed(true)',
  },
  {
    name: 'oversized-is-garbage',
    lacks: 'the eviction of everything for a message that is not in the log and larger than it may be',
    file: 'subscriber/subscriber.ts',
    from: 'if (oversized) this.#foreign.oversized()',
    to: '',
  },
  {
    name: 'oversized-in-pause',
    lacks: 'the eviction for such messages that come shortly after another',
    file: 'subscriber/foreign-watch.ts',
    from: 'this.#evictWaits = true',
    to: '',
  },
  {
    name: 'oversized-without-pause',
    lacks: 'the pause between two evictions for such messages',
    file: 'subscriber/foreign-watch.ts',
    from: 'if (this.#pause) {',
    to: 'if (this.#pause && this.#evictWaits) {',
    caughtBy: 'test/unit/subscriber/foreign.test.ts',
  },
  {
    name: 'packing-unseen',
    lacks: 'the finding about listeners that may not understand what is packed',
    file: 'cli/doctor/subscription-checks.ts',
    from: 'if (unregistered === 0 || (packers.length === 0 && packed === 0)) return []',
    to: 'if (unregistered >= 0) return []',
    caughtBy: 'test/unit/cli/doctor',
  },
  {
    name: 'connection-of-each',
    lacks: 'the connection that subscriptions of one subscriber share: each hides a listener on the crate',
    file: 'cli/fleet.ts',
    from: 'subscriber ?? id',
    to: 'id',
    caughtBy: 'test/unit/cli/status.test.ts',
  },
  {
    name: 'typed-batch-as-keys',
    lacks: 'the type of a batch that names ids in place of keys',
    file: 'message/batch-keys.ts',
    from: 'keys.add(prefix + id)',
    to: 'keys.add(id)',
    caughtBy: 'test/unit/message/batch-keys.test.ts',
  },
]
