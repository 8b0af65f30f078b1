import type { AcknowledgedPublishing, HandledItem } from '../processes/protocol.js'
import { type Eviction, findLost, type Following, type Loss, type Publication } from './find-lost.js'

/** The books on one subscription since the last audit. */
class Account implements Following {
  since: number | undefined
  readonly handled = new Set<string>()
  readonly evictions: Eviction[] = []

  constructor(readonly name: string) {}

  clear(): void {
    this.handled.clear()
    this.evictions.length = 0
  }
}

/**
 * Who was told what, and who handled it. An audit that finds all in order closes the books on what was published
 * until then: so they stay small however long the soak is.
 */
export class Ledger {
  readonly #publications = new Map<string, Publication>()
  readonly #accounts: ReadonlyMap<string, Account>
  #published = 0
  #acknowledged = 0
  #handled = 0
  #duplicates = 0
  readonly #resyncs: Record<string, number> = {}

  constructor(subscriptions: readonly string[]) {
    this.#accounts = new Map(subscriptions.map((name) => [name, new Account(name)]))
  }

  get counts() {
    return {
      published: this.#published,
      acknowledged: this.#acknowledged,
      handled: this.#handled,
      duplicates: this.#duplicates,
      resyncs: this.#resyncs,
    }
  }

  published(publication: Publication): void {
    this.#published += 1
    this.#publications.set(publication.id, publication)
  }

  acknowledged({ id, carrier, position }: AcknowledgedPublishing, at: number): void {
    const publication = this.#publications.get(id)
    if (publication === undefined) throw new Error(`${id} was acknowledged, and never published`)
    this.#acknowledged += 1
    publication.acknowledged = { at, carrier, position }
  }

  /** A subscription has caught up for the first time: from now on it must miss nothing. */
  began(subscription: string, at: number): void {
    this.#account(subscription).since ??= at
  }

  /** Its process died, and its cache with it. */
  lost(subscription: string): void {
    const account = this.#account(subscription)
    account.since = undefined
    account.clear()
  }

  /** What earlier audits closed the books on was handled then: it is a duplicate. */
  handled(subscription: string, item: HandledItem): void {
    const account = this.#account(subscription)
    if (item.kind === 'resync') {
      account.evictions.push(item)
      this.#resyncs[item.reason] = (this.#resyncs[item.reason] ?? 0) + 1
      return
    }
    this.#handled += 1
    if (item.kind === 'evict-all') account.evictions.push(item)
    else if (account.handled.has(item.id) || !this.#publications.has(item.id)) this.#duplicates += 1
    account.handled.add(item.id)
  }

  findLost(): Loss[] {
    return findLost(this.#publications.values(), [...this.#accounts.values()])
  }

  /** The books on one subscription, to tell what happened to it. */
  following(subscription: string): Following {
    return this.#account(subscription)
  }

  /** Closes the books on all that was published until now. */
  close(): void {
    this.#publications.clear()
    for (const account of this.#accounts.values()) account.clear()
  }

  #account(subscription: string): Account {
    const account = this.#accounts.get(subscription)
    if (account === undefined) throw new Error(`There is no subscription "${subscription}"`)
    return account
  }
}
