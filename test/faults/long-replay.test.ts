import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { appendEntries } from '../support/append-entries.js'
import { heapInUse } from '../support/collect-garbage.js'
import { nameOf } from '../support/handled.js'
import { LiveFleet } from '../support/live-fleet.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

const entries = 1_000_000
const sampledEvery = 100_000
const maxBuffered = 10_000
const mebibyte = 1024 * 1024

describe('a replay of 1,000,000 entries', () => {
  it('hands over each, once and in order, in memory that does not grow with it', { timeout: 120_000 }, async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher()
    const { position } = await publisher.invalidate('user', '0')
    await appendEntries(fleet.redis, fleet.channel, entries)
    const subscriber = await fleet.subscriber({ commandTimeoutMs: 10_000 })

    const before = heapInUse()
    let expected = 1
    let misplaced = 0
    let mostBehind = 0
    let mostInUse = before
    const subscription = subscriber.subscribe(
      (message) => {
        if (nameOf(message) !== String(expected)) misplaced++
        if (expected % 1_000 === 0) mostBehind = Math.max(mostBehind, subscription.freshness().behind)
        if (expected % sampledEvery === 0) mostInUse = Math.max(mostInUse, heapInUse())
        expected++
        // Slower than the reading, which so has to wait for it.
        return expected % 100 === 0 ? setImmediate() : undefined
      },
      { startAt: position, maxBuffered },
    )
    await subscription.caughtUp({ timeoutMs: 100_000 })

    expect({ handled: expected - 1, misplaced }).toEqual({ handled: entries, misplaced: 0 })
    expect(subscription.counts).toMatchObject({ replayed: entries, live: 0, resyncs: 0 })
    expect(mostBehind).toBeLessThanOrEqual(maxBuffered)
    expect(mostBehind).toBeGreaterThan(maxBuffered / 2)
    expect(mostInUse - before).toBeLessThan(32 * mebibyte)
  })
})
