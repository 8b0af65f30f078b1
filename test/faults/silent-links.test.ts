import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PublisherEvents, PublisherOptions } from '../../src/index.js'
import { FakeRedis } from '../support/fake-redis.js'
import { ids } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs, nextState } from '../support/settled.js'
import { silentLogger } from '../support/silent-logger.js'
import { type LinkKind, TcpProxy } from '../support/tcp-proxy.js'

const hasty = { heartbeatMs: 100, commandTimeoutMs: 300 }
/** For links that stay up: on a busy machine an answer may take as long as a hasty deadline. */
const patient = { heartbeatMs: 100, commandTimeoutMs: 5_000 }

let fleet: LiveFleet
let front: TcpProxy

beforeEach(async () => {
  fleet = await LiveFleet.start()
  front = await TcpProxy.start(fleet.server.port)
})

afterEach(async () => {
  front.heal()
  await fleet.stop()
  await front.stop()
})

describe('a Pub/Sub link that is open, answers PING, and delivers nothing', () => {
  it('is made up for by the heartbeat that finds the head of the log beyond what came', async () => {
    const publisher = await fleet.publisher()
    const follower = await fleet.follow({}, patient, front.url)
    front.inflict({ kind: 'deaf' })
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    expect(follower.handled.deliveries[0]).toMatchObject({ mode: 'replay' })
    expect(follower.states).not.toContain('disconnected')
    expect(follower.subscription.counts).toMatchObject({ gaps: 1, live: 0 })
    await expectResyncs(follower, [])
  })

  it('is replaced by one that delivers', async () => {
    const publisher = await fleet.publisher()
    const follower = await fleet.follow({}, patient, front.url)
    const replaced = nextState(follower, 'disconnected')
    front.inflict({ kind: 'deaf' })
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    await publisher.invalidate('user', '2')
    await replaced
    front.heal()
    await follower.handled.count(2)
    await follower.subscription.caughtUp()
    await publisher.invalidate('user', '3')
    await follower.handled.count(3)
    expect(follower.handled.names).toEqual(ids(1, 3))
    expect(follower.handled.deliveries[2]).toMatchObject({ mode: 'live' })
    await expectResyncs(follower, [])
  })
})

describe('a link on which nothing happens, half-open,', () => {
  it.each<LinkKind>(['feed', 'commands'])('is found by the heartbeat of a subscriber (%s)', async (kind) => {
    const follower = await fleet.follow({}, hasty, front.url)
    const lost = nextState(follower, 'disconnected')
    front.inflict({ kind: 'stall' }, kind)
    await lost
    expect(follower.subscription.health()).toMatchObject({ status: 'down', reasons: ['disconnected'] })
    front.heal()
    await follower.subscription.caughtUp()
    await expectResyncs(follower, [])
  })

  it.each<Pick<PublisherOptions, 'repair'>>([{}, { repair: false }])(
    'is found by the heartbeat of a publisher (%o)',
    async (options) => {
      const publisher = await fleet.publisher({ ...hasty, ...options }, front.url)
      // Else it would be the look at the server when the link came up that finds it.
      await publisher.invalidate('user', '1')
      const lost = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
      front.inflict({ kind: 'stall' })
      const [error] = await within(lost, 10_000, 'the link known to be down')
      expect(error).toMatchObject({ code: 'REDIS', kind: 'timeout' })
      expect(publisher.health()).toMatchObject({ status: 'down', connected: false })
    },
  )
})

describe('a server that accepts and says nothing', () => {
  it('is given up at the deadline, for whoever answers then', async () => {
    const silent = await FakeRedis.start(() => undefined)
    const publisher = await fleet.publisher({ ...hasty, publishTimeoutMs: 10_000 }, front.url)
    const follower = await fleet.follow({}, hasty, front.url)
    front.pointTo(silent.port)
    front.inflict({ kind: 'cut' })
    await until(() => silent.commands.length >= 3, 10_000, 'both connections of one, and that of the other')
    front.pointTo(fleet.server.port)
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    await expectResyncs(follower, [])
    await silent.stop()
  })

  it('keeps neither `connect()` nor what follows waiting', async () => {
    front.inflict({ kind: 'stall' })
    const publisher = await within(fleet.publisher(hasty, front.url), 10_000, "a publisher's connect")
    const silent = { ...hasty, logger: silentLogger }
    const follower = await within(fleet.subscriber(silent, front.url), 10_000, "a subscriber's connect")
    expect(publisher.health().connected).toBe(false)
    expect(follower.connected).toBe(false)
    await expect(follower.deadLetters.list()).rejects.toMatchObject({ kind: 'disconnected' })
  })
})

describe('a command that is not answered', () => {
  it('takes its connection with it at the deadline, and is made anew', async () => {
    const publisher = await fleet.publisher({ ...hasty, heartbeatMs: 60_000, publishTimeoutMs: 10_000 }, front.url)
    const follower = await fleet.follow()
    const lost = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    front.inflict({ kind: 'stall' })
    const publishing = publisher.invalidate('user', '1')
    await within(lost, 10_000, 'the link known to be down')
    front.heal()
    await publishing
    await follower.handled.has('1')
  })
})
