import type { InvalidationLog, LogCommands } from '../../src/log/log.js'
import { MemoryLog, type MemoryLogOptions } from '../../src/log/memory/memory-log.js'
import type { Appended } from '../../src/log/model/entry.js'
import { formatPosition } from '../../src/log/model/position.js'
import { deleteMessage } from '../../src/message/create-message.js'
import type { InvalidationMessage } from '../../src/message/message.js'
import { encodeFrame } from '../../src/message/wire/encode.js'
import type { ReplayEvent, ResyncEvent } from '../../src/subscriber/follow/recovery-event.js'
import type { Delivery } from '../../src/subscriber/handling/delivery.js'
import type { SubscriberOptions, SubscriptionOptions } from '../../src/subscriber/options.js'
import { InvalidationSubscriber } from '../../src/subscriber/subscriber.js'
import type { Subscription } from '../../src/subscriber/subscription.js'
import { encodeMessage } from './encode-message.js'
import { nameOf } from './handled.js'
import { VirtualRuntime } from './virtual-runtime.js'
import { entriesOnly } from './retention.js'

/** A subscription and all that it told. */
export interface Follower {
  readonly subscription: Subscription
  readonly subscriber: InvalidationSubscriber
  /** What the handler was given, in order: an entity's id, or `*` for a resync. */
  readonly handled: string[]
  readonly deliveries: Delivery[]
  readonly states: string[]
  readonly replays: ReplayEvent[]
  readonly resyncs: ResyncEvent[]
  readonly errors: Error[]
}

/** What a test hands in, beside the options of a subscription. */
export interface FollowerOptions extends SubscriptionOptions {
  readonly log?: InvalidationLog
  readonly connection?: SubscriberOptions
  readonly handler?: (message: InvalidationMessage, delivery: Delivery) => void | Promise<void>
}

/** A log in memory and virtual time, subscriptions that follow it, and a bare appender. */
export class VirtualFleet {
  readonly runtime: VirtualRuntime
  readonly log: MemoryLog
  #commands: LogCommands | undefined
  readonly #latencyMs: number
  #appends = 0

  constructor(options: Omit<MemoryLogOptions, 'runtime'> & { seed?: number } = {}) {
    const { seed = 1, ...logOptions } = options
    this.runtime = new VirtualRuntime(seed)
    this.#latencyMs = options.latencyMs ?? 0
    this.log = new MemoryLog({ runtime: this.runtime, ...logOptions })
  }

  /** Appends a frame with one entity of each of these ids. */
  async append(...ids: string[]): Promise<Appended> {
    this.#commands ??= this.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
    await this.runtime.settle()
    while (!this.#commands.up) await this.runtime.advance(10)
    const messages = ids.map((id) => encodeMessage(deleteMessage('user', id, 'test', { runtime: this.runtime })))
    const appending = this.#commands.append(
      `append${this.#appends++}`,
      encodeFrame(messages.map((json) => ({ json }))),
      entriesOnly(1_000_000),
    )
    return this.runtime.runUntil(appending, 1_000)
  }

  /** Appends entries of one entity each, with ids from `first` to `last`; returns the position of the last. */
  async appendRange(first: number, last: number): Promise<string> {
    let position = ''
    for (let id = first; id <= last; id++) position = formatPosition((await this.append(String(id))).position)
    return position
  }

  async follow(options: FollowerOptions = {}): Promise<Follower> {
    const { log = this.log, connection = {}, handler = ignore, ...subscriptionOptions } = options
    const { runtime } = this
    const subscriber = await runtime.runUntil(InvalidationSubscriber.connect(log, { runtime, ...connection }), 60_000)
    const handled: string[] = []
    const deliveries: Delivery[] = []
    const subscription = subscriber.subscribe(async (message, delivery) => {
      await handler(message, delivery)
      handled.push(nameOf(message))
      deliveries.push(delivery)
    }, subscriptionOptions)
    const follower: Follower = {
      subscription,
      subscriber,
      handled,
      deliveries,
      states: [],
      replays: [],
      resyncs: [],
      errors: [],
    }
    subscriber.on('error', (error) => follower.errors.push(error))
    subscription.on('error', (error) => follower.errors.push(error))
    subscription.on('state', (state) => follower.states.push(state))
    subscription.on('replay', (event) => follower.replays.push(event))
    subscription.on('resync', (event) => follower.resyncs.push(event))
    // The replication id is read before the subscription begins.
    await runtime.advance(this.#latencyMs)
    return follower
  }

  /** Lets everything come to rest: all that was appended is handled. */
  async caughtUp(follower: Follower, timeoutMs = 30_000): Promise<void> {
    await this.runtime.runUntil(follower.subscription.caughtUp({ timeoutMs }), timeoutMs + 1_000)
  }
}

function ignore(): void {
  // Nothing to do.
}
