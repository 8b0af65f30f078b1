import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { redisCursor, type InvalidationPublisher, type PublisherEvents, type RepairSummary } from '../../src/index.js'
import { logKeys } from '../../src/log/keys.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { Fleet } from '../support/live-fleet.js'
import { holdBack, letFollow } from '../support/replication.js'
import { SentinelStage } from '../support/sentinel-stage.js'
import { ServerProxies } from '../support/server-proxies.js'
import { expectResyncs, nextState } from '../support/settled.js'

let stage: SentinelStage
let fleet: Fleet
let publisher: InvalidationPublisher
let repairs: RepairSummary[]

beforeAll(async () => {
  stage = await SentinelStage.start()
})

beforeEach(() => {
  fleet = new Fleet(stage.url)
})

afterEach(async () => {
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

/** A heartbeat this long leaves it to what is published to find out. */
async function publish(heartbeatMs = 100): Promise<void> {
  publisher = await fleet.publisher({ packing: false, publishTimeoutMs: 60_000, heartbeatMs })
  repairs = []
  publisher.on('repaired', (summary) => repairs.push(summary))
}

function publishAll(first: number, last: number): Promise<unknown> {
  return Promise.all(ids(first, last).map((id) => publisher.invalidate('user', id)))
}

describe('a failover by sentinels that loses 100 acknowledged appends', { timeout: 60_000 }, () => {
  it('has them handled by every subscription within 5 s of the new primary, without a flush', async () => {
    await publish()
    const route = await ServerProxies.start(stage.servers)
    onTestFinished(() => route.stop())
    const live = await fleet.follow()
    const away = await fleet.follow({}, {}, { ...stage.options(), natMap: route.natMap })
    const cursor = { name: 'durable', cursor: redisCursor(), startAt: 'head' } as const
    const closed = await fleet.follow(cursor)
    await publishAll(1, 50)
    await Promise.all([live, away, closed].map(({ handled }) => handled.count(50)))
    await closed.subscriber.close()
    const gone = nextState(away, 'disconnected')
    route.inflict({ kind: 'refuse' })
    route.inflict({ kind: 'cut' })
    await gone

    const old = await stage.loseTail(() => publishAll(51, 150))
    await stage.newPrimary(old)
    const since = performance.now()
    route.heal()
    const restarted = await fleet.follow(cursor)
    await Promise.all([live.handled.count(150), away.handled.count(150), restarted.handled.count(100)])
    expect(performance.now() - since).toBeLessThan(5_000)

    for (const each of [live, away, restarted]) await expectResyncs(each, [])
    expect([...new Set(live.handled.names)]).toEqual(ids(1, 150))
    // The tail is appended again in order, and each only once.
    expect(live.handled.names.slice(-100)).toEqual(ids(51, 150))
    expect(away.handled.names).toEqual(ids(1, 150))
    expect(restarted.handled.names).toEqual(ids(51, 150))
    expect(repairs).toEqual([{ intact: 50, reappended: 100, unknown: 0 }])
  })

  it('leaves nothing of them when the old primary comes back: it follows, and has each once', async () => {
    await publish()
    const follower = await fleet.follow()
    await publishAll(1, 10)
    const old = await stage.loseTail(() => publishAll(11, 110))
    await stage.newPrimary(old)
    await old.restart()
    await stage.follows(old)
    await publisher.invalidate('user', 'after')
    await follower.handled.has('after')
    await expectResyncs(follower, [])
    await stage.follows(old)
    const { stream } = logKeys(fleet.channel)
    const entries = await stage.clients.of(old).xrange(stream, '-', '+')
    const appendIds = entries.map(([, fields]) => fields[1])
    expect(new Set(appendIds).size).toBe(appendIds.length)
    // The marker that the first subscription stood on, and one for each message.
    expect(entries).toHaveLength(112)
    expect(repairs).toEqual([{ intact: 10, reappended: 100, unknown: 0 }])
  })

  it('is repaired upon READONLY by a publisher whose connection to the demoted primary stays open', async () => {
    const old = await stage.primary()
    // In place of CLIENT KILL, which sentinels end all connections with, they send what does nothing.
    await stage.renameCommand('CLIENT', 'PING')
    onTestFinished(() => stage.renameCommand('CLIENT', 'CLIENT'))
    await publish(60_000)
    const follower = await fleet.follow()
    await publishAll(1, 10)
    const replicas = await stage.replicas()
    await holdBack(stage.clients, old, replicas)
    await publishAll(11, 110)
    await stage.failOver()
    await stage.newPrimary(old)
    await letFollow(stage.clients, replicas)
    await stage.follows(old)
    expect(publisher.health().connected).toBe(true)
    const disconnected = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    await within(publisher.invalidate('user', 'after'), 10_000, 'an acknowledgement')
    await within(disconnected, 10_000, 'the publisher disconnected')
    await follower.handled.has('after')
    await expectResyncs(follower, [])
    expect([...new Set(follower.handled.names)]).toEqual([...ids(1, 110), 'after'])
    expect(repairs).toEqual([{ intact: 10, reappended: 100, unknown: 0 }])
  })
})
