import type { Subscriber } from './peer.js'

/** The cache of a subscriber whose library brings none. */
export class KeyCache implements Subscriber {
  readonly #values = new Map<string, true>()

  hold(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#values.set(id, true)
    return Promise.resolve()
  }

  holds(id: string): boolean {
    return this.#values.has(id)
  }

  evict(id: string): void {
    this.#values.delete(id)
  }
}
