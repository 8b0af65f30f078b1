import type { InvalidationMessage } from '../../src/index.js'
import { MemoryLog } from '../../src/log/memory/memory-log.js'
import type { Json } from '../../src/message/message.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import type { Runtime } from '../../src/support/runtime.js'
import { toError } from '../../src/support/thrown.js'
import { VirtualRuntime } from '../support/virtual-runtime.js'
import { CachedProcess, heartbeatMs } from './cached-process.js'
import type { Schedule, Step } from './schedule.js'
import { type Contradiction, Obligations, Truth } from './truth.js'

const keys = ['item:0', 'item:1', 'item:2', 'item:3']
const healingMs = 60_000

/** What all caches of a run did together: a run in which nothing was at stake shows nothing. */
export interface Tally {
  hits: number
  loads: number
  fenced: number
  stale: number
}

/** Processes with a cache each around one log, and a writer, in virtual time. */
export class CacheWorld {
  readonly #schedule: Schedule
  readonly #runtime: VirtualRuntime
  readonly #log: MemoryLog
  readonly #truth: Truth
  readonly #processes: readonly CachedProcess[]
  readonly #contradictions: Contradiction[] = []
  readonly #acknowledged: { readonly at: number; readonly contradiction: Contradiction }[] = []
  readonly #pending = new Set<Promise<unknown>>()
  readonly #tally: Tally
  #failure: Error | undefined
  #chances = 0

  private constructor(schedule: Schedule, tally: Tally) {
    this.#schedule = schedule
    this.#tally = tally
    this.#runtime = new VirtualRuntime(schedule.seed)
    this.#log = new MemoryLog({ runtime: this.#runtime, latencyMs: schedule.latencyMs, nodeSize: 1 })
    this.#truth = new Truth(keys, this.#nextRuntime())
    this.#processes = Array.from(
      { length: 3 },
      () =>
        new CachedProcess(this.#log.link(), {
          truth: this.#truth,
          schedule,
          nextRuntime: () => this.#nextRuntime(),
          contradictionOf: (message) => this.#contradictionOf(message),
          acknowledgedBy: (moment) => this.#acknowledgedBy(moment),
        }),
    )
  }

  /** Runs a schedule to its end; rejects with what went wrong. */
  static async run(schedule: Schedule, tally: Tally): Promise<void> {
    await new CacheWorld(schedule, tally).#run()
  }

  async #run(): Promise<void> {
    const publisher = await this.#until(
      InvalidationPublisher.connect(this.#log.link(), 'writer', {
        runtime: this.#nextRuntime(),
        heartbeatMs,
        closeTimeoutMs: 1_000,
      }),
    )
    publisher.on('error', () => {})
    for (const process of this.#processes) await this.#until(process.start())
    await this.#runtime.advance(this.#schedule.latencyMs)
    for (const step of this.#schedule.steps) {
      await this.#take(step, publisher)
      this.#throwFailure()
    }
    await this.#heal(publisher)
    for (const { stats } of this.#processes) if (stats) this.#count(stats)
    await this.#until(publisher.close())
    for (const process of this.#processes) await this.#until(process.stop())
    this.#throwFailure()
  }

  async #take(step: Step, publisher: InvalidationPublisher): Promise<void> {
    switch (step.do) {
      case 'read':
        this.#watch(this.#process(step.who).read(keyAt(step.key)))
        return this.#runtime.settle()
      case 'readMany':
        this.#watch(this.#process(step.who).readMany(step.keys.map(keyAt)))
        return this.#runtime.settle()
      case 'peek':
        this.#process(step.who).peek(keyAt(step.key))
        return
      case 'wait':
        return this.#runtime.advance(step.ms)
      case 'change':
        this.#change(keyAt(step.key), step.way, step.lateMs, publisher)
        return this.#runtime.settle()
      case 'race':
        return this.#race(step, publisher)
      case 'update':
        this.#watch(this.#process(step.who).update(keyAt(step.key)))
        return this.#runtime.settle()
      case 'set':
        this.#process(step.who).set(keyAt(step.key))
        return
      case 'drop':
        this.#process(step.who).drop(keyAt(step.key))
        return
      case 'expireTag':
        this.#watch(publisher.invalidateTag(step.tag === 0 ? 'red' : 'blue', { mode: 'expire' }).catch(() => {}))
        return this.#runtime.settle()
      case 'failLoads':
        this.#process(step.who).failUntil(this.#runtime.monotonic() + step.ms)
        return
      case 'restart':
        await this.#until(this.#process(step.who).stop())
        return this.#until(this.#process(step.who).start())
      default:
        return this.#strike(step)
    }
  }

  async #race(step: Step & { do: 'race' }, publisher: InvalidationPublisher): Promise<void> {
    const key = keyAt(step.key)
    const read = (): void => this.#watch(this.#process(step.who).read(key))
    read()
    await this.#runtime.advance(step.beforeMs)
    this.#change(key, step.way, step.lateMs, publisher)
    await this.#runtime.advance(step.lateMs + step.afterMs)
    read()
    await this.#runtime.advance(step.thenMs)
    read()
    await this.#runtime.settle()
  }

  async #strike(step: Step): Promise<void> {
    switch (step.do) {
      case 'cut':
        this.#process(step.who).link.cut(step.kind)
        return
      case 'away': {
        const { link } = this.#process(step.who)
        link.goDown()
        this.#runtime.after(step.ms, () => link.comeBack())
        return
      }
      case 'lose':
        this.#process(step.who).link.drop(step.count)
        return
      case 'duplicate':
        this.#process(step.who).link.duplicate(step.count)
        return
      case 'delay':
        this.#process(step.who).link.delay(step.count, step.ms)
        return
      case 'deafen':
        this.#process(step.who).link.deafen()
        return
      case 'outage':
        this.#log.goDown()
        await this.#runtime.advance(step.ms)
        this.#log.comeBack()
        return
      case 'trim':
        this.#log.trim(step.keep)
        return
      case 'clearLog':
        this.#log.clear()
        return
      case 'failOver':
        this.#log.failOver({ lose: step.lose, keep: step.keepFeeds ? 'feeds' : 'none' })
        return
      case 'serveReplica':
        this.#process(step.who).link.serveReplica(step.state)
        return
      case 'servePrimary':
        this.#process(step.who).link.serveReplica(undefined)
        return
      case 'sleep':
        this.#runtime.stepClock(step.ms)
        return
      default:
        throw new Error(`Unexpected step ${step.do}`)
    }
  }

  /** A service changes a key, and publishes that a little later. */
  #change(key: string, way: Way, lateMs: number, publisher: InvalidationPublisher): void {
    const oldTags = this.#truth.commit(key)
    this.#runtime.after(lateMs, () => {
      const contradiction = this.#contradictionBy(way, key, oldTags)
      const id = this.#contradictions.push(contradiction) - 1
      const publishing = publisher.publish(invalidationOf(way, key, contradiction.tags, { id })).then(
        () => this.#acknowledged.push({ at: this.#runtime.monotonic(), contradiction }),
        // Timed out: it stays queued, and is still sent.
        () => {},
      )
      this.#watch(publishing)
    })
  }

  #contradictionBy(way: Way, key: string, oldTags: readonly string[]): Contradiction {
    const is = (each: string): boolean => each === key
    switch (way) {
      case 'key':
      case 'update':
      case 'batch':
        return this.#truth.contradiction(is)
      case 'tag':
        // Without a tag, nothing but the key names the old value.
        return oldTags.length > 0 ? this.#truth.contradiction(() => true, oldTags) : this.#truth.contradiction(is)
      case 'class':
        return this.#truth.contradiction((each) => each === 'item:0' || each === 'item:1' || is(each))
      case 'prefix':
      case 'all':
        return this.#truth.contradiction(() => true)
    }
  }

  #contradictionOf({ metadata }: InvalidationMessage): Contradiction | undefined {
    const id: unknown = typeof metadata === 'object' && metadata !== null && 'id' in metadata ? metadata.id : undefined
    return typeof id === 'number' ? this.#contradictions[id] : undefined
  }

  #acknowledgedBy(moment: number): Obligations {
    const obligations = new Obligations(this.#truth)
    for (const { at, contradiction } of this.#acknowledged) if (at <= moment) obligations.add(contradiction)
    return obligations
  }

  /** Nothing more goes wrong: all come to rest, and no cache may be stale. */
  async #heal(publisher: InvalidationPublisher): Promise<void> {
    for (const { link } of this.#processes) link.serveReplica(undefined)
    await this.#runtime.advance(5_000)
    await this.#until(publisher.flush())
    for (const process of this.#processes) await this.#until(process.caughtUp(healingMs))
    await this.#runtime.advance(5_000)
    await this.#until(Promise.all(this.#pending))
    this.#throwFailure()
    for (const key of keys) this.#watch(publisher.invalidate('item', key.slice('item:'.length)))
    await this.#until(Promise.all(this.#pending))
    for (const process of this.#processes) await this.#until(process.caughtUp(healingMs))
    for (const process of this.#processes) process.failUntil(-Infinity)
  }

  #count({ hits, loads, fencedLoads, stale }: NonNullable<CachedProcess['stats']>): void {
    this.#tally.hits += hits
    this.#tally.loads += loads
    this.#tally.fenced += fencedLoads
    this.#tally.stale += stale.revalidate + stale.error + stale.timeout
  }

  #process(who: number): CachedProcess {
    const process = this.#processes[who % this.#processes.length]
    if (process) return process
    throw new Error(`Expected a process for ${who}, got none`)
  }

  /** Each process draws from its own chance. */
  #nextRuntime(): Runtime {
    this.#chances += 1
    return this.#runtime.withChance(this.#schedule.seed ^ Math.imul(this.#chances, 0x9e3779b1))
  }

  #watch(promise: Promise<unknown>): void {
    this.#pending.add(promise)
    promise.catch((error: unknown) => (this.#failure ??= toError(error))).finally(() => this.#pending.delete(promise))
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure
  }

  #until<T>(promise: Promise<T>): Promise<T> {
    return this.#runtime.runUntil(promise, 2 * healingMs)
  }
}

type Way = (Step & { do: 'change' })['way']

function invalidationOf(
  way: Way,
  key: string,
  tags: readonly string[] | undefined,
  metadata: Json,
): Parameters<InvalidationPublisher['publish']>[0] {
  const entityId = key.slice('item:'.length)
  switch (way) {
    case 'update':
      return { action: 'update', entityType: 'item', entityId, metadata }
    case 'batch':
      return { action: 'batch', cacheKeys: ['other:1', key], metadata }
    case 'tag':
      if (tags) return { action: 'tag', tags, metadata }
      return { action: 'delete', entityType: 'item', entityId, metadata }
    case 'prefix':
      return { action: 'pattern', pattern: 'item:*', metadata }
    case 'class':
      return { action: 'pattern', pattern: `item:[01${entityId}]`, metadata }
    case 'all':
      return { action: 'pattern', pattern: '*', metadata }
    case 'key':
      return { action: 'delete', entityType: 'item', entityId, metadata }
  }
}

function keyAt(index: number): string {
  return keys[index % keys.length] ?? ''
}
