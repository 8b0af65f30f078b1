import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ClusterFleet } from '../support/cluster-fleet.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { until } from '../support/latch.js'
import type { LiveFollower } from '../support/live-fleet.js'
import { expectLoadHandled } from '../support/load-handled.js'
import { Load } from '../support/load.js'
import type { RedisServer } from '../support/redis-server.js'
import { Wiretap } from '../support/wiretap.js'

let stage: ClusterStage
let fleet: ClusterFleet
let followers: readonly LiveFollower[]
let load: Load

beforeAll(async () => {
  stage = await ClusterStage.start()
})

beforeEach(async () => {
  fleet = await ClusterFleet.on(stage)
  followers = await Promise.all([fleet.follow(), fleet.follow({}, {}, stage.cluster())])
  load = new Load(fleet.main)
  await load.more(50)
})

afterEach(async () => {
  load.halt()
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

async function expectAllHandled(): Promise<readonly string[]> {
  const ids = await expectLoadHandled(load, followers)
  expect(fleet.repairs.reduce((sum, { unknown }) => sum + unknown, 0)).toBe(0)
  await fleet.expectDistinctAppendIds()
  return ids
}

describe('under load, in a cluster', { timeout: 60_000 }, () => {
  it('an owner that is killed is left for the new one by all, who miss nothing and need no resync', async () => {
    const old = await stage.killOwner(fleet.channel)
    await stage.newOwner(fleet.channel, old)
    await load.more(50)
    await expectAllHandled()
    expect(fleet.repairs).toHaveLength(1)
  })

  it('an owner that is paused is passed over, and what it executes when it wakes hurts nobody', async () => {
    const old = await stage.ownerOf(fleet.channel)
    old.pause()
    await stage.newOwner(fleet.channel, old)
    await load.more(50)
    old.resume()
    await stage.follows(old)
    await load.more(50)
    await expectAllHandled()
  })

  it('a graceful failover is followed, and a plain Pub/Sub client on any node hears everything', async () => {
    const taps = await Promise.all(stage.nodes.map(({ port }) => Wiretap.on(port, fleet.channel)))
    onTestFinished(() => {
      for (const tap of taps) tap.stop()
    })
    const heard = load.ids.length
    await stage.failOver(fleet.channel, 'graceful')
    await load.more(50)
    const ids = await expectAllHandled()
    for (const tap of taps) {
      await tap.hears(ids.at(-1) ?? '')
      expect(tap.names).toEqual(expect.arrayContaining(ids.slice(heard)))
    }
    await fleet.expectDistinctAppendIds(...taps.map(({ appendIds }) => appendIds))
  })
})

describe('the node of a Pub/Sub connection, which no longer owns the slot', { timeout: 60_000 }, () => {
  let owner: RedisServer
  let left: RedisServer

  beforeEach(async () => {
    left = await stage.ownerOf(fleet.channel)
    owner = await stage.failOver(fleet.channel, 'graceful')
    await load.more(20)
    // A subscription that is open is not sent on: it hears all that is published, wherever that is.
    expect(await stage.clients.of(left).call('PUBSUB', 'NUMSUB', fleet.channel)).toEqual([fleet.channel, 2])
  })

  /** Every subscription listens elsewhere. */
  async function allHaveLeft(): Promise<void> {
    const listening = async (): Promise<number> => {
      const others = stage.nodes.filter((node) => node !== left)
      const counts = others.map((node) => stage.clients.of(node).call('PUBSUB', 'NUMSUB', fleet.channel))
      return (await Promise.all(counts)).reduce((sum: number, reply) => sum + Number((reply as unknown[])[1]), 0)
    }
    await until(async () => (await listening()) === 2, 10_000, 'subscriptions elsewhere')
  }

  it('is killed: another is found', async () => {
    await left.kill()
    await allHaveLeft()
    await load.more(50)
    await expectAllHandled()
  })

  it('is paused: another is found', async () => {
    left.pause()
    await allHaveLeft()
    await load.more(50)
    await expectAllHandled()
  })

  it('is removed from the cluster, and answers as if nothing were: another is found', async () => {
    await stage.remove(left)
    await allHaveLeft()
    await load.more(50)
    await expectAllHandled()
    await stage.add(left, owner)
  })
})
