import type { PublisherRole, SubscriberRole } from './cast.js'
import { PublisherProcess } from './publisher-process.js'
import type { Way } from './stages/stage.js'
import { type Audited, SubscriberProcess } from './subscriber-process.js'
import type { Surroundings } from './surroundings.js'

/** Every publisher and every subscriber, by name. */
export class Fleet {
  readonly #publishers: ReadonlyMap<string, PublisherProcess>
  readonly #subscribers: ReadonlyMap<string, SubscriberProcess>

  constructor(
    publishers: readonly PublisherRole[],
    subscribers: readonly SubscriberRole[],
    openWay: () => Promise<Way>,
    surroundings: Surroundings,
  ) {
    this.#publishers = new Map(
      publishers.map((role) => [role.name, new PublisherProcess(role, openWay(), surroundings)]),
    )
    this.#subscribers = new Map(
      subscribers.map((role) => [role.name, new SubscriberProcess(role, openWay(), surroundings)]),
    )
  }

  get publishers(): readonly string[] {
    return [...this.#publishers.keys()]
  }

  get subscribers(): readonly string[] {
    return [...this.#subscribers.keys()]
  }

  /** Resolves when every process runs. */
  async startAll(): Promise<void> {
    await Promise.all(this.#all.map((each) => each.start()))
  }

  /** Resolves when it runs. */
  start(name: string): Promise<void> {
    return this.#process(name).start()
  }

  kill(name: string): Promise<void> {
    return this.#process(name).kill()
  }

  /** How a process reaches the servers. */
  way(name: string): Promise<Way> {
    return this.#process(name).way
  }

  /** Resolves when every publisher has appended all, and has nothing left to repair. */
  async settle(): Promise<void> {
    await Promise.all([...this.#publishers.values()].map((each) => each.settle()))
  }

  /** What every subscriber's caches hold, once it has caught up or the time for it is over. */
  audit(timeoutMs: number): Promise<readonly Audited[]> {
    return Promise.all([...this.#subscribers.values()].map((each) => each.audit(timeoutMs)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((each) => each.kill()))
    const ways = await Promise.all(this.#all.map(({ way }) => way))
    await Promise.all(ways.flatMap(({ proxies }) => proxies.map((proxy) => proxy.stop())))
  }

  get #all(): (PublisherProcess | SubscriberProcess)[] {
    return [...this.#publishers.values(), ...this.#subscribers.values()]
  }

  #process(name: string): PublisherProcess | SubscriberProcess {
    const found = this.#publishers.get(name) ?? this.#subscribers.get(name)
    if (!found) throw new Error(`There is no process "${name}"`)
    return found
  }
}
