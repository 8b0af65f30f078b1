import { afterEach, beforeEach, expect, it } from 'vitest'
import { redisCursor } from '../../src/subscriber/handling/cursor.js'
import { ids } from '../support/handled.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet

beforeEach(async () => {
  fleet = await LiveFleet.start({ args: ['--client-output-buffer-limit', 'normal', '1mb', '0', '0'] })
})

afterEach(async () => {
  await fleet.stop()
})

it('if a server cuts connections that read a large page, pages become smaller, and the error names the limit', async () => {
  const durable = { name: 'cache', cursor: redisCursor(), startAt: 'head', commitIntervalMs: 0 }
  const first = await fleet.follow(durable)
  await first.subscriber.close()
  const publisher = await fleet.publisher({ packing: false })
  // Small ones first: pages grow with them. Each large one is short enough to be read alone.
  const count = 2_060
  const publish = (id: string, bytes: number): Promise<unknown> =>
    publisher.publish({
      action: 'delete',
      entityType: 'user',
      entityId: id,
      metadata: { padding: 'x'.repeat(bytes) },
    })
  await Promise.all(ids(1, 2_000).map((id) => publish(id, 1)))
  for (const id of ids(2_001, count)) await publish(id, 200_000)
  const second = await fleet.follow(durable)
  await expectResyncs(second, [])
  expect(second.handled.distinctNames).toEqual(ids(1, count))
  const limits = second.errors.filter(({ message }) => message.includes('client-output-buffer-limit normal'))
  expect(limits).toHaveLength(1)
  expect(second.errors.length).toBeLessThan(10)
})
