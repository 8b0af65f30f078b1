/** A way to tell another process what to evict. */
export interface Peer {
  readonly name: string
  /** Resolves to the function that publishes an id, and resolves when that is acknowledged. */
  openPublisher(url: string, channel: string): Promise<(id: string) => Promise<unknown>>
  /** Resolves when nothing that is published from here on is missed. */
  openSubscriber(url: string, channel: string, handle: (id: string) => void): Promise<void>
}
