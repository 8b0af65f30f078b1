import { expect } from 'vitest'
import {
  type InvalidationPublisher,
  type PublisherEvents,
  redisCursor,
  type SubscriptionState,
} from '../../src/index.js'
import { nextEvent, until, within } from './latch.js'
import { LiveFleet, type LiveFollower } from './live-fleet.js'
import { expectResyncs, nextState } from './settled.js'
import { SteadyLoad } from './steady-load.js'
import { type Fault, TcpProxy } from './tcp-proxy.js'
import { Vouching } from './vouching.js'

/** Where a fault strikes: the publisher's link, one of the two of the subscribers, or all three. */
export type Place = 'publisher' | 'feed' | 'commands' | 'everywhere'

export const places: readonly Place[] = ['publisher', 'feed', 'commands', 'everywhere']

export const brief = { heartbeatMs: 100, commandTimeoutMs: 300, closeTimeoutMs: 200 }
export const publishTimeoutMs = 400

/** What a busy machine may take longer than it should. */
export const graceMs = 8_000

/** A broken link is noticed by then. */
const noticedMs = 2 * brief.heartbeatMs + brief.commandTimeoutMs

/** A publisher under steady load and two subscriptions, one with a durable cursor, on links that faults can befall. */
export class NetworkStage {
  readonly fleet: LiveFleet
  readonly publisher: InvalidationPublisher
  readonly followers: readonly LiveFollower[]
  readonly publisherFront: TcpProxy
  readonly subscriberFront: TcpProxy
  readonly #load: SteadyLoad
  readonly #vouchings: readonly Vouching[]

  static async start(): Promise<NetworkStage> {
    const fleet = await LiveFleet.start()
    const [publisherFront, subscriberFront] = [
      await TcpProxy.start(fleet.server.port),
      await TcpProxy.start(fleet.server.port),
    ]
    const publisher = await fleet.publisher({ ...brief, publishTimeoutMs }, publisherFront.url)
    const followers = await Promise.all([
      fleet.follow({}, brief, subscriberFront.url),
      fleet.follow({ name: 'copy', cursor: redisCursor(), startAt: 'head' }, brief, subscriberFront.url),
    ])
    const stage = new NetworkStage(fleet, publisher, followers, [publisherFront, subscriberFront])
    await until(() => stage.#load.acknowledged.length > 0, 10_000, 'an acknowledgement')
    return stage
  }

  private constructor(
    fleet: LiveFleet,
    publisher: InvalidationPublisher,
    followers: readonly LiveFollower[],
    [publisherFront, subscriberFront]: readonly [TcpProxy, TcpProxy],
  ) {
    this.fleet = fleet
    this.publisher = publisher
    this.followers = followers
    this.publisherFront = publisherFront
    this.subscriberFront = subscriberFront
    const load = new SteadyLoad(publisher)
    this.#load = load
    this.#vouchings = followers.map((follower) => new Vouching(follower, load))
  }

  inflict(fault: Fault, place: Place): void {
    if (place === 'publisher' || place === 'everywhere') this.publisherFront.inflict(fault)
    if (place === 'everywhere') this.subscriberFront.inflict(fault)
    else if (place !== 'publisher') this.subscriberFront.inflict(fault, place)
  }

  heal(): void {
    this.publisherFront.heal()
    this.subscriberFront.heal()
  }

  /** Resolves when those whose link is broken there have all said so; fails where one is late. */
  async noticed(place: Place): Promise<void> {
    await until(() => this.#isDown(place), noticedMs + graceMs, `the link of ${place} known to be down`)
  }

  /** Fails unless those whose link was broken there say so still, and nobody else does. */
  expectDown(place: Place): void {
    const down = place === 'publisher' ? 'live' : 'disconnected'
    expect(this.followers.map(({ subscription }) => subscription.state)).toEqual(this.followers.map(() => down))
    expect(this.publisher.health().connected).toBe(place === 'feed' || place === 'commands')
  }

  /** Resolves when every subscription has come to this state. To be called before what brings it there. */
  async said(state: SubscriptionState): Promise<void> {
    await Promise.all(this.followers.map((follower) => nextState(follower, state)))
  }

  /** Resolves when those whose link breaks there are back. To be called before it breaks. */
  async comesBack(place: Place): Promise<void> {
    const back: Promise<unknown>[] = []
    if (place === 'publisher' || place === 'everywhere') {
      back.push(nextEvent<PublisherEvents, 'connected'>(this.publisher, 'connected'))
    }
    if (place !== 'publisher') back.push(this.said('disconnected').then(() => this.#live()))
    await within(Promise.all(back), 10_000, `the link of ${place} back`)
  }

  /** Ends the load, and fails unless all that was published is handled, without a resync and without a lie on the way. */
  async expectPromiseKept(): Promise<void> {
    this.#load.stop()
    await within(this.publisher.flush(), 15_000, 'everything appended')
    await Promise.all(this.followers.map(({ subscription }) => subscription.caughtUp({ timeoutMs: 15_000 })))
    await Promise.all(this.followers.map((follower) => expectResyncs(follower, [])))
    for (const { handled, subscription } of this.followers) {
      expect(new Set(handled.names.filter((id) => id.startsWith('load-')))).toEqual(new Set(this.#load.published))
      expect(subscription.health()).toMatchObject({ status: 'up', state: 'live', behind: 0 })
    }
    for (const vouching of this.#vouchings) {
      expect(vouching.lies).toEqual([])
      expect(vouching.seen).toBeGreaterThan(0)
    }
    expect(this.publisher.health()).toMatchObject({ status: 'up', queued: 0, inFlight: 0 })
  }

  async stop(): Promise<void> {
    this.#load.stop()
    for (const vouching of this.#vouchings) vouching.stop()
    this.heal()
    await this.fleet.stop()
    await Promise.all([this.publisherFront.stop(), this.subscriberFront.stop()])
  }
  /** Whether those whose link is broken there all say so, at this moment. */
  #isDown(place: Place): boolean {
    const saysSo = this.followers.every(({ subscription }) => subscription.health().status === 'down')
    const isPublisherDown = this.publisher.health().status === 'down'
    if (place === 'publisher') return isPublisherDown
    return saysSo && (place !== 'everywhere' || isPublisherDown)
  }

  async #live(): Promise<void> {
    const areLive = (): boolean => this.followers.every(({ subscription }) => subscription.state === 'live')
    await until(areLive, 10_000, 'every subscription live')
  }
}
