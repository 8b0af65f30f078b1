import type { Member } from './join-cluster.js'
import type { RedisServer } from './redis-server.js'
import type { ServerClients } from './server-clients.js'

const migrateTimeoutMs = 5_000

export interface MigrationPlan {
  readonly slot: number
  readonly from: Member
  readonly to: Member
  /** All primaries of the cluster: each learns who owns the slot now. */
  readonly primaries: readonly RedisServer[]
}

/**
 * A slot on its way from one primary to another, in steps between which anything may happen: from `begin()` on the old
 * owner answers ASK for keys that it has not, TRYAGAIN where only some are there; after `finish()`, MOVED.
 */
export class SlotMigration {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
  readonly #clients: ServerClients
  readonly #fromId: string
  readonly #toId: string
  readonly #primaries: readonly RedisServer[]

  constructor(clients: ServerClients, { slot, from, to, primaries }: MigrationPlan) {
    this.#clients = clients
    this.slot = slot
    this.from = from.node
    this.to = to.node
    this.#fromId = from.id
    this.#toId = to.id
    this.#primaries = primaries
  }

  async begin(): Promise<void> {
    await this.#setSlot(this.to, 'IMPORTING', this.#fromId)
    await this.#setSlot(this.from, 'MIGRATING', this.#toId)
  }

  /** The keys of the slot that the old owner still has. */
  async remainingKeys(): Promise<string[]> {
    const reply = await this.#clients.of(this.from).call('CLUSTER', 'GETKEYSINSLOT', String(this.slot), '1000')
    return (reply as string[]).toSorted()
  }

  /** Moves these keys; default: all that remain. */
  async moveKeys(keys?: readonly string[]): Promise<void> {
    const moved = keys ?? (await this.remainingKeys())
    if (moved.length === 0) return
    await this.#clients.of(this.from).migrate('127.0.0.1', this.to.port, '', 0, migrateTimeoutMs, 'KEYS', ...moved)
  }

  /** Moves what is left, and tells every primary who owns the slot now. */
  async finish(): Promise<void> {
    await this.moveKeys()
    const others = this.#primaries.filter((node) => node !== this.to && node !== this.from)
    for (const node of [this.to, this.from, ...others]) await this.#setSlot(node, 'NODE', this.#toId)
  }

  async #setSlot(node: RedisServer, ...how: string[]): Promise<void> {
    await this.#clients.of(node).call('CLUSTER', 'SETSLOT', String(this.slot), ...how)
  }
}
