import { afterEach, describe, expect, it } from 'vitest'
import type { RepairSummary } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

const publisherCount = 10
const subscriberCount = 50
/** Of each publisher, in each round: half before the server goes away, half while it is away. */
const perRound = 60
const rounds = 3

describe('50 subscribers and 10 publishers at once', () => {
  it(
    'miss nothing through three restarts of a Redis that persists, and need no resync',
    { timeout: 60_000 },
    async () => {
      fleet = await LiveFleet.start({ persistence: 'aof', args: ['--appendfsync', 'always'] })
      const calm = { heartbeatMs: 250 }
      const repairs: RepairSummary[] = []
      const publishers = await Promise.all(
        Array.from({ length: publisherCount }, async () => {
          const publisher = await fleet.publisher({ ...calm, packing: false, publishTimeoutMs: 30_000 })
          return publisher.on('repaired', (summary) => repairs.push(summary))
        }),
      )
      const followers = await Promise.all(Array.from({ length: subscriberCount }, () => fleet.follow({}, calm)))

      const publishHalf = (half: number): Promise<unknown>[] => {
        const count = perRound / 2
        const names = ids(half * count, (half + 1) * count - 1)
        return publishers.flatMap((publisher, index) =>
          names.map((id) => publisher.invalidate('user', `${index}:${id}`)),
        )
      }
      for (let round = 0; round < rounds; round++) {
        const publishing = publishHalf(2 * round)
        await Promise.race(publishing)
        // In order the first time; later as a crash.
        if (round > 0) await fleet.server.kill()
        const back = fleet.server.restart()
        publishing.push(...publishHalf(2 * round + 1))
        await back
        await Promise.all(publishing)
        const areLive = (): boolean => followers.every(({ subscription }) => subscription.state === 'live')
        await until(areLive, 10_000, 'every subscription live again')
      }

      const published = publishers.map((_, index) => ids(0, rounds * perRound - 1).map((id) => `${index}:${id}`))
      await Promise.all(followers.map(({ subscription }) => subscription.caughtUp()))
      await Promise.all(followers.map((follower) => expectResyncs(follower, [])))
      for (const { handled, states } of followers) {
        expect(states.filter((state) => state === 'disconnected').length).toBeGreaterThanOrEqual(rounds)
        // An append whose acknowledgement was lost with the connection is made again, so some may come twice.
        const names = [...new Set(handled.names)]
        for (const [index, expected] of published.entries()) {
          expect(names.filter((name) => name.startsWith(`${index}:`))).toEqual(expected)
        }
      }
      expect(repairs).not.toEqual([])
      for (const repair of repairs) expect(repair).toMatchObject({ reappended: 0, unknown: 0 })
    },
  )
})
