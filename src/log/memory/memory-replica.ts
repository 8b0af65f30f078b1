import type { Runtime } from '../../support/runtime.js'
import type { Replication } from '../model/replication.js'
import type { MemoryServer } from './memory-server.js'

/**
 * Whether a replica receives data from its primary. If `stalled`, it receives nothing more, but the link looks open.
 */
export type ReplicaState = 'synced' | 'stalled'

/** The server behind a link: the log's own, which is a primary, or a replica of it. */
export class MemoryReplica {
  readonly #primary: MemoryServer
  readonly #runtime: Runtime
  #state: ReplicaState | undefined
  /** The data of a stalled replica. */
  #stalled: { readonly server: MemoryServer; readonly since: number } | undefined
  /** Messages not yet sent to the subscribers of a stalled replica. */
  #held: (() => void)[] = []

  constructor(primary: MemoryServer, runtime: Runtime) {
    this.#primary = primary
    this.#runtime = runtime
  }

  get isReplica(): boolean {
    return this.#state !== undefined
  }

  /** The data that readers of this server see. */
  get data(): MemoryServer {
    return this.#stalled?.server ?? this.#primary
  }

  /** Makes it a replica; undefined makes it a primary again. */
  become(state: ReplicaState | undefined): void {
    this.#state = state
    if (state === 'stalled') {
      this.#stalled ??= { server: this.#primary.copy(), since: this.#runtime.monotonic() }
      return
    }
    this.#stalled = undefined
    const held = this.#held
    this.#held = []
    for (const publish of held) publish()
  }

  /** Publishes to a subscriber of this server, as soon as the replica has it. */
  publish(run: () => void): void {
    if (this.#stalled === undefined) run()
    else this.#held.push(run)
  }

  replication(): Replication {
    const { replicationId: id } = this.data
    if (this.#state === undefined) return { id, role: 'primary', linkAgeMs: undefined }
    const linkAgeMs = this.#stalled ? this.#runtime.monotonic() - this.#stalled.since : 0
    return { id, role: 'replica', linkAgeMs }
  }
}
