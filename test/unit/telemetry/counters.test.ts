import { describe, expect, it } from 'vitest'
import { PublisherCounters, SubscriptionCounters, Total } from '../../../src/telemetry/counters.js'

/** Every count of a record, each with a value of its own. */
function filled<Counters extends object>(record: Counters): Counters {
  let value = 1
  for (const key of Object.keys(record)) {
    const count: unknown = Reflect.get(record, key)
    if (typeof count === 'number') Reflect.set(record, key, value++)
    else if (typeof count === 'object' && count !== null) filled(count)
  }
  return record
}

interface Addable<Counters> {
  add(other: Counters, sign?: 1 | -1): void
}

function addsEveryCount<Counters extends Addable<Counters>>(create: () => Counters): void {
  const sum = create()
  sum.add(filled(create()))
  expect(sum).toEqual(filled(create()))
  expect(sum).not.toEqual(create())
  sum.add(filled(create()), -1)
  expect(sum).toEqual(create())
}

describe('the counts of a publisher', () => {
  it('are added and taken away, every one of them', () => {
    addsEveryCount(() => new PublisherCounters())
  })
})

describe('the counts of a subscription', () => {
  it('are added and taken away, every one of them', () => {
    addsEveryCount(() => new SubscriptionCounters())
  })

  it('hold resyncs by reason, and as a whole', () => {
    const counters = new SubscriptionCounters()
    counters.countResync('trimmed')
    counters.countResync('deleted')
    counters.countResync('trimmed')
    expect([...counters.resyncsByReason]).toEqual([
      ['trimmed', 2],
      ['deleted', 1],
    ])
    expect(counters.resyncs).toBe(3)
  })

  it('are copied as far as they are public', () => {
    const counters = new SubscriptionCounters()
    const copy = counters.copy()
    counters.live += 1
    counters.countResync('trimmed')
    expect(copy).toEqual({
      live: 0,
      replayed: 0,
      duplicates: 0,
      orphaned: 0,
      foreign: 0,
      foreignGaps: 0,
      invalid: 0,
      otherLog: 0,
      deadLetters: 0,
      gaps: 0,
      resyncs: 0,
    })
    expect(counters.copy()).toEqual({ ...copy, live: 1, resyncs: 1 })
  })
})

describe('a total', () => {
  it('never goes back when a record is removed, and counts it once', () => {
    const total = new Total(() => new SubscriptionCounters())
    const [first, second] = [new SubscriptionCounters(), new SubscriptionCounters()]
    total.add(first)
    total.add(second)
    first.live = 2
    second.live = 3
    first.countResync('trimmed')
    expect(total.sum().live).toBe(5)
    total.remove(first)
    total.remove(first)
    second.live += 1
    expect(total.sum().live).toBe(6)
    expect([...total.sum().resyncsByReason]).toEqual([['trimmed', 1]])
    expect([first.live, second.live]).toEqual([2, 4])
  })

  it('holds after a reset what is counted from then on', () => {
    const total = new Total(() => new PublisherCounters())
    const record = new PublisherCounters()
    total.add(record)
    record.published = 2
    total.reset()
    expect(total.sum()).toEqual(new PublisherCounters())
    record.published += 3
    total.remove(record)
    expect(total.sum().published).toBe(3)
    expect(record.published).toBe(5)
  })
})
