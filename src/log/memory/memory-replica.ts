import type { Runtime } from '../../support/runtime.js'
import type { Replication } from '../model/replication.js'
import type { MemoryServer } from './memory-server.js'

/** Whether a replica receives what its primary has: if `stalled`, nothing more comes, and the link looks open. */
export type ReplicaState = 'synced' | 'stalled'

/** The server behind a link: the log's own, which is a primary, or a replica of it. */
export class MemoryReplica {
  readonly #primary: MemoryServer
  readonly #runtime: Runtime
  #state: ReplicaState | undefined
  /** What a stalled replica has. */
  #stalled: { readonly server: MemoryServer; readonly since: number } | undefined
  /** What subscribers of a stalled replica have not been sent yet. */
  #held: (() => void)[] = []

  constructor(primary: MemoryServer, runtime: Runtime) {
    this.#primary = primary
    this.#runtime = runtime
  }

  get isReplica(): boolean {
    return this.#state !== undefined
  }

  /** What is read from here. */
  get data(): MemoryServer {
    return this.#stalled?.server ?? this.#primary
  }

  /** From now on it is a replica; undefined makes a primary of it again. */
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
