/** A way to tell other processes that keys must go from their caches. Each process holds keys by their ids. */
export interface Peer {
  /** Resolves when it is connected. */
  openPublisher(url: string, channel: string): Promise<Publisher>
  /**
   * Resolves when nothing that is published from here on is missed. `handle` is called with an id right after its key
   * has gone from this subscriber's cache.
   */
  openSubscriber(url: string, channel: string, handle: (id: string) => void): Promise<Subscriber>
}

export interface Publisher {
  /** Resolves when Redis has acknowledged it. */
  publish(id: string): Promise<unknown>
  /** Holds these keys itself, where a publisher tells only of those. */
  hold?(ids: readonly string[]): Promise<void>
}

export interface Subscriber {
  /** Puts these keys into its cache. */
  hold(ids: readonly string[]): Promise<void>
  holds(id: string): boolean | Promise<boolean>
}
