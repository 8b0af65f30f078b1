import { RedisError } from '../../errors.js'
import { delay, type Runtime } from '../../runtime.js'
import { toError } from '../../thrown.js'
import { formatAddress, type Address } from '../address.js'
import { replyCode } from '../redis-errors.js'
import type { Topology } from './topology.js'

export interface SlotOwnerContext {
  /** The nodes that are known from the start. */
  readonly seeds: readonly Address[]
  readonly runtime: Runtime
  /** Asks a node; must settle. */
  readonly ask: (node: Address) => Promise<Topology>
}

/** How long a node may be silent before the next one is asked as well. */
const headStartMs = 100

/** What says that no other node would answer differently: it is about us. */
const refusals = new Set(['NOAUTH', 'WRONGPASS', 'NOPERM'])

/**
 * Finds the primary that owns a slot. Nodes are asked in random order, until one names it: a node that is cut off from
 * the others goes on naming the owner of yesterday, so the same one must not be asked each time.
 */
export class SlotOwner {
  readonly #context: SlotOwnerContext
  #nodes: readonly Address[]
  #named: Address | undefined
  #looking: Promise<Address> | undefined

  constructor(context: SlotOwnerContext) {
    this.#context = context
    this.#nodes = context.seeds
  }

  /** A node has named the owner: whoever looks next is sent there, once. */
  movedTo(owner: Address): void {
    this.#named = owner
  }

  /** Rejects with what the last node failed with, or with a refusal. Callers at the same time share one look. */
  locate(): Promise<Address> {
    const named = this.#named
    this.#named = undefined
    if (named !== undefined) return Promise.resolve(named)
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<Address> {
    const { runtime } = this.#context
    const owner = Promise.withResolvers<Address>()
    const asked: Promise<void>[] = []
    let found = false
    let failure: Error | undefined
    const ask = async (node: Address): Promise<void> => {
      try {
        const named = await this.#askFor(node)
        found = true
        owner.resolve(named)
      } catch (error) {
        if (refusals.has(replyCode(error) ?? '')) owner.reject(toError(error))
        failure = toError(error)
      }
    }
    for (const node of shuffled(this.#nodes, runtime)) {
      const answered = ask(node)
      asked.push(answered)
      await Promise.race([answered, delay(runtime, headStartMs)])
      if (found) break
    }
    void Promise.all(asked).then(() => owner.reject(failure ?? new Error('no node of the cluster is known')))
    return owner.promise
  }

  async #askFor(node: Address): Promise<Address> {
    const { seeds, ask } = this.#context
    const { owner, nodes } = await ask(node)
    if (owner === undefined) {
      throw new RedisError(
        'moved',
        `${formatAddress(node)} knows of no owner of the log's slot: is the cluster complete?`,
      )
    }
    this.#nodes = distinct([...nodes, ...seeds])
    return owner
  }
}

function shuffled<T>(items: readonly T[], runtime: Pick<Runtime, 'random'>): T[] {
  return items
    .map((item) => ({ item, at: runtime.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function distinct(addresses: readonly Address[]): readonly Address[] {
  return [...new Map(addresses.map((address) => [formatAddress(address), address])).values()]
}
