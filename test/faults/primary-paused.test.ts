import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PublisherEvents, PublishTimeoutError } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { ScriptProcess } from '../support/script-process.js'
import { expectResyncs, nextState } from '../support/settled.js'

let fleet: LiveFleet
let follower: LiveFollower

beforeEach(async () => {
  fleet = await LiveFleet.start()
})

afterEach(async () => {
  fleet.server.resume()
  await fleet.stop()
})

describe('a primary paused (SIGSTOP)', () => {
  it('and woken past the command deadline misses nothing, needs no resync, and loses no order', async () => {
    const hasty = { commandTimeoutMs: 300 }
    const publisher = await fleet.publisher({ ...hasty, publishTimeoutMs: 30_000 })
    follower = await fleet.follow({}, hasty)
    await Promise.all(ids(1, 100).map((id) => publisher.invalidate('user', id)))
    await follower.handled.count(100)
    const disconnected = nextState(follower, 'disconnected')
    const queued = nextEvent<PublisherEvents, 'queued'>(publisher, 'queued')
    fleet.server.pause()
    const publishing = Promise.all(ids(101, 200).map((id) => publisher.invalidate('user', id)))
    await disconnected
    await within(queued, 10_000, 'the messages queued')
    fleet.server.resume()
    await publishing
    await follower.handled.has('200')
    await expectResyncs(follower, [])
    // What was sent before the deadline is executed when the server wakes, and again when it was sent again.
    expect(follower.handled.distinctNames).toEqual(ids(1, 200))
  })

  it('and woken before the deadline is a delay, and nothing else', async () => {
    const patient = { commandTimeoutMs: 30_000 }
    const publisher = await fleet.publisher({ ...patient, publishTimeoutMs: 600 })
    follower = await fleet.follow({}, patient)
    fleet.server.pause()
    const late = publisher.invalidate('user', '1')
    await expect(late).rejects.toThrow(PublishTimeoutError)
    expect(publisher.health()).toMatchObject({ connected: true, inFlight: 1 })
    fleet.server.resume()
    await follower.handled.count(1)
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(['1'])
    expect(follower.states).toEqual(['replaying', 'live'])
    expect(follower.subscription.counts).toMatchObject({ live: 1, replayed: 0, gaps: 0 })
  })
  it('does not end a process that awaits nothing: all that it enqueued is appended afterwards, and one error emitted', async () => {
    follower = await fleet.follow({}, { commandTimeoutMs: 60_000 })
    const service = new ScriptProcess('enqueue-process.ts', [fleet.server.url, fleet.channel])
    try {
      await service.printed((lines) => lines.some((line) => 'enqueued' in line))
      fleet.server.pause()
      await service.printed((lines) => lines.some((line) => 'error' in line))
      const before = service.values('enqueued').length
      await service.printed((lines) => lines.filter((line) => 'enqueued' in line).length > before + 20)
      fleet.server.resume()
      service.tell({ stop: true })
      await service.printed((lines) => lines.some((line) => 'closed' in line))
      const count = service.values('enqueued').length
      await follower.handled.has(String(count))
      expect(follower.handled.distinctNames).toEqual(ids(1, count))
      expect(service.values('error')).toEqual(['PublishTimeoutError'])
    } finally {
      await service.kill()
    }
  })
})
