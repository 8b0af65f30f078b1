import type { Appended, Presence } from '../recovery/entry.js'
import type { Position } from '../recovery/position.js'

/** What a publisher asks of the log. Every call settles; none waits for a connection that is down. */
export interface PublishingConnection {
  readonly up: boolean
  append(appendId: string, frame: string, cap: number): Promise<Appended>
  waitReplicas(count: number, timeoutMs: number): Promise<number>
  replicationId(): Promise<string | undefined>
  lookup(positions: readonly Position[]): Promise<readonly Presence[]>
}
