import { expect, test } from 'vitest'
import { MemoryLog } from '../../src/testing.js'
import { isCollected } from '../support/collectable.js'
import { encodeCrateMessage } from '../support/crate-message.js'
import { until, within } from '../support/latch.js'
import { inRequest, SeenContexts } from '../support/seen-contexts.js'

test('no handler, listener or cursor store runs in the request that connected, subscribed, published or waited', async () => {
  const seen = new SeenContexts()
  const log = new MemoryLog()
  const { result } = await inRequest('first', () => seen.connect(log, log.channel))
  const { publisher, subscriber, subscription } = result
  await inRequest('second', async () => {
    const receipts = await Promise.all([publisher.invalidate('user', '1'), publisher.invalidate('user', '2')])
    for (const { position } of receipts) await subscription.waitFor(position)
  })
  // Published in one turn by two requests: neither carries the other on.
  await Promise.all(
    ['third', 'fourth'].map((request) =>
      inRequest(request, async () => {
        for (const id of ['3', '4', '5']) publisher.enqueue({ action: 'delete', entityType: 'user', entityId: id })
        await publisher.flush()
        await subscription.caughtUp()
      }),
    ),
  )
  await inRequest('fifth', async () => {
    const before = seen.runs.get('handler')
    log.publish(encodeCrateMessage({ entity_type: 'User', entity_id: '6', action: 'Delete' }))
    await until(() => seen.runs.get('handler') !== before, 5_000, 'The message beside the log')
  })
  await inRequest('sixth', async () => {
    const back = new Promise<void>((resolve) => subscriber.once('connected', resolve))
    log.cut()
    await publisher.invalidate('user', '7')
    await within(back, 5_000, 'the link')
    await subscription.caughtUp()
  })
  await inRequest('last', async () => {
    await subscriber.close()
    await publisher.close()
  })
  expect(seen.inside).toEqual([])
  const expected = ['handler', 'save', 'load', 'publisher queued', 'subscriber disconnected', 'subscription state']
  expect([...seen.runs.keys()]).toEqual(expect.arrayContaining(expected))
})

test('the store of a request that connected, or published, is collected while both are open', async () => {
  const seen = new SeenContexts()
  const log = new MemoryLog()
  const connecting = await inRequest('first', () => seen.connect(log, log.channel))
  const { publisher, subscriber, subscription } = connecting.result
  const publishing = await inRequest('second', async () => {
    const { position } = await publisher.invalidate('user', '1')
    await subscription.waitFor(position)
  })
  const isFirstCollected = await isCollected(connecting.store)
  const isSecondCollected = await isCollected(publishing.store)
  await subscriber.close()
  await publisher.close()
  expect({ isFirstCollected, isSecondCollected }).toEqual({ isFirstCollected: true, isSecondCollected: true })
})
