import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import { ClusterFleet } from '../support/cluster-fleet.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { until, within } from '../support/latch.js'
import type { LiveFollower } from '../support/live-fleet.js'
import { expectLoadHandled } from '../support/load-handled.js'
import { Load } from '../support/load.js'
import { ServerProxies } from '../support/server-proxies.js'
import { serverIs } from '../support/server-version.js'

import { expectResyncs, nextState } from '../support/settled.js'
import type { SlotMigration } from '../support/slot-migration.js'
import { Wiretap } from '../support/wiretap.js'

let stage: ClusterStage
let fleet: ClusterFleet
let live: LiveFollower
let load: Load
let migration: SlotMigration

beforeAll(async () => {
  stage = await ClusterStage.start()
})

beforeEach(async () => {
  fleet = await ClusterFleet.on(stage)
  live = await fleet.follow()
  load = new Load(fleet.main)
  await load.more(50)
  migration = await stage.slotMigration(fleet.channel, await stage.stranger(fleet.channel))
})

afterEach(async () => {
  load.halt()
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

/** Resolves when what is published now is acknowledged. */
async function acknowledged(): Promise<void> {
  await within(fleet.main.invalidate('user', `probe-${load.ids.length}`), 10_000, 'an acknowledgement')
}

async function expectAllHandled(): Promise<readonly string[]> {
  const ids = await expectLoadHandled(load, [live], (name) => !name.startsWith('probe-'))
  await fleet.expectDistinctAppendIds()
  return ids
}

/** Another has handled what was published from some point on. */
async function expectHandledFrom(first: number, follower: LiveFollower): Promise<void> {
  await follower.handled.has(load.ids.at(-1) ?? '')
  await expectResyncs(follower, [])
  expect(follower.handled.names).toEqual(expect.arrayContaining(load.ids.slice(first)))
}

/** Only Valkey has CLUSTER MIGRATESLOTS. */
const movesSlotsItself = await serverIs('Valkey', 9)

describe.runIf(movesSlotsItself)('under load, when the server moves the slot of the log by itself', () => {
  it.each([[false], [true]])(
    'again and again, nobody misses anything, or resyncs (sharded: %s)',
    { timeout: 60_000 },
    async (sharded) => {
      const fleet = await ClusterFleet.on(stage, { sharded })
      onTestFinished(() => fleet.stop())
      const route = await ServerProxies.start(stage.nodes)
      onTestFinished(() => route.stop())
      const live = await fleet.follow({}, { sharded })
      const away = await fleet.follow({}, { sharded }, stage.cluster(route.natMap))
      const load = new Load(fleet.main)
      onTestFinished(() => {
        load.halt()
      })
      await load.more(50)
      for (let round = 0; round < 4; round++) {
        const gone = nextState(away, 'disconnected')
        route.inflict({ kind: 'refuse' })
        route.inflict({ kind: 'cut' })
        await gone
        const migrated = stage.migrateSlotAtomically(fleet.channel, await stage.stranger(fleet.channel))
        await load.more(50)
        await migrated
        // One comes back to a log that is at another node; in the last round, after it has failed over as well.
        if (round === 3) await stage.failOver(fleet.channel, 'takeover')
        await load.more(50)
        route.heal()
        await until(() => away.subscription.state === 'live', 15_000, 'the subscription live')
      }
      await expectLoadHandled(load, [live, away])
      await fleet.expectDistinctAppendIds()
      expect(fleet.repairs.filter(({ unknown }) => unknown > 0)).toEqual([])
    },
  )
})

describe('under load, while the slot of the log moves to another node', { timeout: 60_000 }, () => {
  it('publishers follow ASK call by call, and MOVED for good; nobody misses anything, or resyncs', async () => {
    const { stream } = logKeys(fleet.channel)
    const tap = await Wiretap.on(migration.to.port, fleet.channel)
    onTestFinished(() => {
      tap.stop()
    })
    await migration.begin()
    await load.more(20)
    // One key here and one there: the server can only say TRYAGAIN, until the rest has come.
    await migration.moveKeys([stream])
    const unanswered = acknowledged()
    await load.more(20)
    expect(fleet.main.health().queued).toBeGreaterThan(0)
    await migration.moveKeys()
    await unanswered
    // From here to the end all keys are at the new node, while the old one owns the slot.
    await load.more(50)
    await acknowledged()
    expect(await migration.remainingKeys()).toEqual([])
    expect(fleet.repairs).toEqual([])
    const newcomer = await fleet.follow()
    const since = load.ids.length
    await migration.finish()
    await load.more(50)
    await expectAllHandled()
    await expectHandledFrom(since, newcomer)
    // The replication id of the new owner is another: it was looked up whether it has everything.
    expect(fleet.repairs).toEqual([{ intact: expect.any(Number) as number, reappended: 0, unknown: 0 }])
    await tap.hears(load.ids.at(-1) ?? '')
    await fleet.expectDistinctAppendIds(tap.appendIds)
  })

  it('subscriptions that are away meanwhile replay what they missed, from the new owner', async () => {
    const route = await ServerProxies.start(stage.nodes)
    onTestFinished(() => route.stop())
    const away = await fleet.follow({}, {}, stage.cluster(route.natMap))
    const since = load.ids.length
    const gone = nextState(away, 'disconnected')
    route.inflict({ kind: 'refuse' })
    route.inflict({ kind: 'cut' })
    await gone
    await migration.begin()
    await load.more(20)
    await migration.finish()
    await load.more(20)
    route.heal()
    await expectAllHandled()
    await expectHandledFrom(since, away)
  })

  it('subscriptions that come back in the middle of it read the log at the node that it is on its way to', async () => {
    await migration.begin()
    await migration.moveKeys()
    await load.more(20)
    const gone = nextState(live, 'disconnected')
    await stage.clients.of(migration.from).call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await gone
    await until(() => live.subscription.state === 'live', 10_000, 'the subscription live')
    await load.more(20)
    await migration.finish()
    await expectAllHandled()
  })

  it('a log that moves there and back, and fails over in between, loses nothing', async () => {
    await migration.begin()
    await migration.finish()
    await load.more(20)
    await stage.failOver(fleet.channel, 'takeover')
    await load.more(20)
    await stage.migrateSlot(fleet.channel, migration.from)
    await load.more(20)
    await expectAllHandled()
  })
})
