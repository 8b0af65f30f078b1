import { describe, expect, it, test } from 'vitest'
import { PageLimit } from '../../../src/subscriber/follow/replayer.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

const wide = { count: 400, joined: true }

/** A subscription that missed this many entries, over a link that cuts pages of more than `entries`. */
async function missed(count: number, entries: number) {
  const fleet = new VirtualFleet()
  const link = fleet.log.link()
  const follower = await fleet.follow({ log: link, connection: { heartbeatMs: 1_000 } })
  await fleet.caughtUp(follower)
  link.goDown()
  for (let id = 1; id <= count; id++) await fleet.append(String(id))
  link.limitPages(entries)
  link.comeBack()
  await fleet.runtime.advance(60_000)
  return { follower, expected: Array.from({ length: count }, (_, index) => String(index + 1)) }
}

describe('a server that cuts off large pages', () => {
  it.each([1, 2, 7])(
    'is read in pages of at most %i entries, and nothing is evicted in their place',
    async (entries) => {
      const { follower, expected } = await missed(100, entries)
      expect(follower.handled).toEqual(expected)
      const reports = follower.errors.filter(({ message }) => message.includes('client-output-buffer-limit normal'))
      expect(reports.length).toBeLessThanOrEqual(2)
    },
  )

  it('evicts everything where not even one entry passes, and says why', async () => {
    const { follower } = await missed(3, 0)
    expect(follower.handled).toContain('*')
    expect(follower.errors.some(({ message }) => message.includes('can not be read'))).toBe(true)
  })
})

it.each([
  ['that nothing passes', 0, false],
  ['and goes on behind what it has taken', 1, true],
])('a start from the oldest entry comes to an end over a link with such a limit: %s', async (_, entries, isRead) => {
  const fleet = new VirtualFleet()
  await fleet.appendRange(1, 20)
  const link = fleet.log.link()
  link.limitPages(entries)
  const follower = await fleet.follow({ log: link, startAt: 'oldest', connection: { heartbeatMs: 1_000 } })
  await fleet.runtime.advance(60_000)
  expect(follower.subscription.state).toBe('live')
  expect(follower.handled).toEqual(isRead ? Array.from({ length: 20 }, (_each, index) => `${index + 1}`) : ['*'])
})

test('a start from the oldest entry handles nothing twice if its link is cut', async () => {
  const fleet = new VirtualFleet()
  await fleet.appendRange(1, 20)
  const link = fleet.log.link()
  let isCut = false
  const handler = (): void => {
    if (!isCut) link.cut()
    isCut = true
  }
  const follower = await fleet.follow({ log: link, startAt: 'oldest', pageSize: 2, handler })
  await fleet.caughtUp(follower)
  expect(follower.handled).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}`))
})

test('what a reading was cut off for is forgotten once a reading has come to its end', () => {
  const limit = new PageLimit(2, () => undefined)
  for (let cut = 0; cut < 5; cut++) limit.cut(2, new Error('cut'))
  expect(limit.isStuck).toBe(true)
  limit.ended()
  expect([limit.isStuck, limit.cuts]).toEqual([false, 0])
})

test('a page is halved with each cut, and grows slowly with each page that was taken', () => {
  const reports: Error[] = []
  const limit = new PageLimit(1_000, (error) => reports.push(error))
  const counts: number[] = []
  for (let cut = 0; cut < 10; cut++) {
    const { count } = limit.apply(wide, false)
    counts.push(count)
    limit.cut(count, new Error('cut'))
  }
  expect(counts).toEqual([400, 200, 100, 50, 25, 12, 6, 3, 2, 2])
  expect(reports).toHaveLength(1)
  expect(limit.apply({ ...wide, joined: false }, true)).toEqual({ count: 1, joined: true })
  for (let page = 0; page < 10; page++) limit.taken()
  expect([limit.cuts, limit.apply(wide, false).count]).toEqual([0, 12])
})
