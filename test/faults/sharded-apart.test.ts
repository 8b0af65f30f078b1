import { afterEach, expect, it } from 'vitest'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { serverIsAtLeast } from '../support/server-version.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

/** Servers before Redis 7 have none. */
const knowsSharded = await serverIsAtLeast(7)

it.runIf(knowsSharded)(
  'a publisher that is sharded and a subscriber that is not miss nothing, and are told what to do',
  async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher({ sharded: true })
    const follower = await fleet.follow({}, { heartbeatMs: 50 })
    const told = nextEvent(follower.subscriber, 'error')
    let published = 0
    const publishing = setInterval(() => void publisher.invalidate('user', String(++published)), 10)
    try {
      const [error] = await within(told, 15_000, 'what is wrong')
      expect(error).toMatchObject({ code: 'CONFIGURATION' })
      expect(error.message).toContain(`"${fleet.channel}"`)
      expect(error.message).toContain('`sharded`')
    } finally {
      clearInterval(publishing)
    }
    await publisher.flush()
    await follower.subscription.caughtUp()
    expect(follower.handled.distinctNames).toEqual(ids(1, published))
    expect(follower.resyncs).toEqual([])
  },
)
