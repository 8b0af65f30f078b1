import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'
import { TcpProxy } from '../support/tcp-proxy.js'

let fleet: LiveFleet
let front: TcpProxy

beforeEach(async () => {
  fleet = await LiveFleet.start({ args: ['--client-output-buffer-limit', 'pubsub', '256kb', '0', '0'] })
  front = await TcpProxy.start(fleet.server.port)
})

afterEach(async () => {
  await fleet.stop()
  await front.stop()
})

async function feeds(): Promise<number> {
  const list = String(await fleet.redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))
  return list.split('\n').filter((line) => line !== '').length
}

describe('a subscriber too slow for its output buffer', () => {
  it('is dropped by the server, reads what it missed from the log, and needs no resync', async () => {
    const publisher = await fleet.publisher({ packing: false })
    // Its heartbeats must not be what ends the connection.
    const follower = await fleet.follow({}, { commandTimeoutMs: 30_000 }, front.url)
    expect(await feeds()).toBe(1)
    front.inflict({ kind: 'stall' })
    // More than the sockets in between can hold; each short, since Valkey does not count a long one that it need not copy.
    const padding = 'x'.repeat(10_000)
    const count = 3_000
    await Promise.all(
      ids(1, count).map((id) =>
        publisher.publish({ action: 'delete', entityType: 'user', entityId: id, metadata: { padding } }),
      ),
    )
    await until(async () => (await feeds()) === 0, 10_000, 'the slow subscriber dropped')
    front.heal()
    await follower.handled.has(String(count))
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(ids(1, count))
    expect(follower.subscription.counts.replayed).toBeGreaterThan(0)
    expect(follower.states).toEqual(['replaying', 'live', 'disconnected', 'replaying', 'live'])
  })
})
