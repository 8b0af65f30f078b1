import { outsideOfContexts } from '../../../support/async-context.js'
import { disconnect } from '../client-source.js'
import type { RedisLike } from '../redis-like.js'
import { type Address, formatAddress } from './address.js'

interface AskedNode {
  readonly client: RedisLike
  readonly ready: Promise<void>
}

/**
 * Calls to nodes that a slot is on its way to (`ASK`): each is announced with ASKING, and goes there alone, while all
 * else goes on to the node that still owns the slot. Calls keep their order.
 */
export class AskedNodes {
  readonly #nodes = new Map<string, AskedNode>()
  readonly #makeClient: (node: Address) => RedisLike

  constructor(makeClient: (node: Address) => RedisLike) {
    this.#makeClient = makeClient
  }

  /** Rejects with what ioredis rejects with. */
  async call(address: Address, command: string, args: readonly string[]): Promise<unknown> {
    const name = formatAddress(address)
    const node = this.#nodes.get(name) ?? this.#open(address)
    this.#nodes.set(name, node)
    try {
      await node.ready
      const [, reply] = await Promise.all([node.client.call('asking'), node.client.call(command, ...args)])
      return reply
    } catch (error) {
      if (node.client.status !== 'ready' && this.#nodes.get(name) === node) this.#drop(name)
      throw error
    }
  }

  /** Closes all connections; what was called over them rejects. */
  close(): void {
    for (const name of this.#nodes.keys()) this.#drop(name)
  }

  #open(address: Address): AskedNode {
    return outsideOfContexts(() => {
      const client = this.#makeClient(address)
      // What goes wrong is what the calls reject with.
      client.on('error', () => {})
      return { client, ready: client.connect() }
    })
  }

  #drop(name: string): void {
    const node = this.#nodes.get(name)
    if (node) disconnect(node.client)
    this.#nodes.delete(name)
  }
}
