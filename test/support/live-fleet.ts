import { Redis } from 'ioredis'
import type { RedisSource } from '../../src/log/open-log.js'
import type { PublisherOptions } from '../../src/publisher/options.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import type { ReplayEvent, ResyncEvent } from '../../src/subscriber/follow/recovery-event.js'
import type { SubscriberOptions, SubscriptionOptions } from '../../src/subscriber/options.js'
import { InvalidationSubscriber } from '../../src/subscriber/subscriber.js'
import type { Subscription } from '../../src/subscriber/subscription.js'
import { Handled } from './handled.js'
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.js'

/** Short heartbeats, so that a test sees within milliseconds what takes a second or two otherwise. */
export const brisk = { heartbeatMs: 100, commandTimeoutMs: 1_000 }

/** A subscription in this process and all that it told. */
export interface LiveFollower {
  readonly subscriber: InvalidationSubscriber
  readonly subscription: Subscription
  readonly handled: Handled
  readonly replays: ReplayEvent[]
  readonly resyncs: ResyncEvent[]
  readonly states: string[]
  readonly errors: Error[]
}

/** Publishers and subscriptions on a channel of their own. */
export class Fleet {
  readonly channel = `test:${Math.random().toString(36).slice(2)}`
  readonly #source: RedisSource
  readonly #closing: (() => Promise<void>)[] = []

  /** @param source where they connect to, unless told otherwise */
  constructor(source: RedisSource) {
    this.#source = source
  }

  async publisher(options: PublisherOptions = {}, source = this.#source): Promise<InvalidationPublisher> {
    const { channel } = this
    const publisher = await InvalidationPublisher.connect(source, 'test', { channel, ...brisk, ...options })
    publisher.on('error', ignore)
    this.#closing.push(() => publisher.close())
    return publisher
  }

  async subscriber(options: SubscriberOptions = {}, source = this.#source): Promise<InvalidationSubscriber> {
    const { channel } = this
    const subscriber = await InvalidationSubscriber.connect(source, { channel, ...brisk, ...options })
    subscriber.on('error', ignore)
    this.#closing.push(() => subscriber.close())
    return subscriber
  }

  /** A subscription of a subscriber of its own that has caught up, so that nothing published from now on is missed. */
  async follow(
    options: SubscriptionOptions = {},
    connection: SubscriberOptions = {},
    source = this.#source,
  ): Promise<LiveFollower> {
    const subscriber = await this.subscriber(connection, source)
    const handled = new Handled()
    const subscription = subscriber.subscribe(handled.handler, options)
    const follower: LiveFollower = {
      subscriber,
      subscription,
      handled,
      replays: [],
      resyncs: [],
      states: [],
      errors: [],
    }
    subscription.on('replay', (event) => follower.replays.push(event))
    subscription.on('resync', (event) => follower.resyncs.push(event))
    subscription.on('state', (state) => follower.states.push(state))
    subscription.on('error', (error) => follower.errors.push(error))
    await subscription.caughtUp()
    return follower
  }

  /** Closes everything. */
  async stop(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()))
  }
}

/** A fleet with a Redis server of its own. */
export class LiveFleet extends Fleet {
  readonly server: RedisServer
  /** A plain client, to look at the server and to do it harm. */
  readonly redis: Redis

  static async start(options: RedisServerOptions = {}): Promise<LiveFleet> {
    return new LiveFleet(await startRedisServer(options))
  }

  private constructor(server: RedisServer) {
    super(server.url)
    this.server = server
    this.redis = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    this.redis.on('error', ignore)
  }

  /** Closes everything and stops the server. */
  override async stop(): Promise<void> {
    await super.stop()
    this.redis.disconnect()
    await this.server.stop()
  }
}

function ignore(): void {
  // What is asserted is asserted on results.
}
