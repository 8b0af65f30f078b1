import { describe, expect, it } from 'vitest'
import type { ForeignGapEvent, InvalidMessageError, Logger } from '../../../src/index.js'
import { maxBatchKeys, maxFrameBytes, maxMessageBytes, maxTextBytes } from '../../../src/message/limits.js'
import { encodeCrateMessage } from '../../support/crate-message.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { silentLogger } from '../../support/silent-logger.js'
import { type Follower, type FollowerOptions, VirtualFleet } from '../../support/virtual-fleet.js'

const user = (id: string, rest = {}) =>
  encodeCrateMessage({ entity_type: 'User', entity_id: id, action: 'Delete', ...rest })

async function start(options: FollowerOptions = {}) {
  const fleet = new VirtualFleet()
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (text) => warnings.push(text) }
  const link = fleet.log.link()
  const follower = await fleet.follow({ log: link, connection: { logger, heartbeatMs: 1_000 }, ...options })
  const gaps: ForeignGapEvent[] = []
  follower.subscription.on('foreignGap', (event) => gaps.push(event))
  await fleet.caughtUp(follower)
  return { fleet, link, follower, gaps, warnings }
}

async function publish(fleet: VirtualFleet, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) fleet.log.publish(text)
  await fleet.runtime.settle()
}

function reasonsOf({ resyncs }: Follower): string[] {
  return resyncs.map(({ reason }) => reason)
}

describe('a gap of the Pub/Sub connection', () => {
  it('is reported once services without the log have been heard, with how long it was', async () => {
    const { fleet, link, follower, gaps, warnings } = await start()
    await publish(fleet, user('1'))
    link.cut('feeds')
    await publish(fleet, user('missed'))
    await fleet.runtime.advance(500)
    expect(gaps).toEqual([{ awayMs: 50, resync: false }])
    expect(follower.subscription.counts).toMatchObject({ foreign: 1, foreignGaps: 1, resyncs: 0 })
    expect(warnings).toEqual([expect.stringMatching(/away for 50 ms.*lost here.*onForeignGap/)])
  })

  it('ends when the connection is back, though the command connection is away', async () => {
    const { fleet, link, gaps } = await start()
    await publish(fleet, user('1'))
    link.cut('feeds')
    await fleet.runtime.advance(20)
    link.cut('commands')
    await fleet.runtime.advance(500)
    expect(gaps).toEqual([{ awayMs: 50, resync: false }])
  })

  it('is of no interest while none has been heard', async () => {
    const { fleet, link, follower, gaps, warnings } = await start()
    link.cut()
    await fleet.runtime.advance(500)
    expect([gaps, warnings]).toEqual([[], []])
    expect(follower.subscription.counts.foreignGaps).toBe(0)
  })

  it('is none if only the command connection was away', async () => {
    const { fleet, link, follower, gaps } = await start()
    await publish(fleet, user('1'))
    link.cut('commands')
    await publish(fleet, user('2'))
    await fleet.runtime.advance(500)
    expect(gaps).toEqual([])
    expect(follower.handled).toEqual(['1', '2'])
  })

  it('is logged once per outage, and emitted each time', async () => {
    const { fleet, link, gaps, warnings } = await start()
    await publish(fleet, user('1'))
    for (let round = 0; round < 3; round++) {
      link.cut('feeds')
      await fleet.runtime.advance(60)
    }
    expect(gaps).toHaveLength(3)
    expect(warnings).toHaveLength(1)
    await fleet.runtime.advance(2_000)
    link.cut('feeds')
    await fleet.runtime.advance(60)
    expect(warnings).toHaveLength(2)
  })

  it('is reported as well where a connection that went deaf is replaced', async () => {
    const { fleet, link, gaps } = await start()
    await publish(fleet, user('1'))
    await fleet.runtime.advance(5_000)
    await fleet.append('heard')
    await fleet.runtime.advance(1_000)
    link.deafen()
    for (let beat = 0; beat < 6; beat++) {
      await fleet.append(`${beat}`)
      await fleet.runtime.advance(1_000)
    }
    // It takes four heartbeats until two in a row have found what did not arrive.
    expect(gaps).toEqual([{ awayMs: 4_000, resync: false }])
  })
})

describe("onForeignGap: 'resync'", () => {
  it('evicts everything after each gap, whether such a service has been heard or not', async () => {
    const { fleet, link, follower, gaps, warnings } = await start({ onForeignGap: 'resync' })
    link.cut('feeds')
    await fleet.runtime.advance(500)
    expect(gaps).toEqual([{ awayMs: 50, resync: true }])
    expect(reasonsOf(follower)).toEqual(['foreign-gap'])
    expect(follower.handled).toEqual(['*'])
    expect(follower.subscription.counts).toMatchObject({ foreignGaps: 1, resyncs: 1 })
    expect(warnings).toEqual([])
  })

  it('evicts everything at a start from a cursor, since nobody heard what was published meanwhile', async () => {
    const options = { onForeignGap: 'resync', name: 'shared', cursor: redisCursor(), startAt: 'head' } as const
    const { fleet, follower } = await start(options)
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(reasonsOf(follower)).toEqual([])
    await fleet.runtime.runUntil(follower.subscriber.close(), 10_000)
    const next = await fleet.follow(options)
    await fleet.caughtUp(next)
    expect(reasonsOf(next)).toEqual(['foreign-gap'])
    expect(next.handled).toEqual(['*'])
  })
})

describe('a message that is not in the log and larger than a message may be', () => {
  const deep = JSON.parse('['.repeat(120) + ']'.repeat(120)) as unknown
  const long = 'x'.repeat(maxTextBytes + 1)
  const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `user:${index}`)

  it.each([
    ['a long id', user(long)],
    ['a long message id', user('1', { message_id: long })],
    ['a long type', user('1', { entity_type: { Custom: long } })],
    ['a long service', user('1', { source_service: long })],
    ['a long pattern', encodeCrateMessage({ pattern: long, action: 'Pattern' })],
    ['too many keys', encodeCrateMessage({ entity_ids: keys(maxBatchKeys + 1) })],
    ['a long key', encodeCrateMessage({ entity_ids: [long] })],
    ['metadata that nests too deep', user('1', { metadata: deep })],
    ['metadata that is too large', user('1', { metadata: 'x'.repeat(maxMessageBytes) })],
    ['more than is parsed', encodeCrateMessage({ entity_ids: keys(maxFrameBytes / 8) })],
  ])('evicts everything and is reported: %s', async (_, text) => {
    const { fleet, follower } = await start()
    await publish(fleet, text)
    await fleet.runtime.advance(100)
    expect(reasonsOf(follower)).toEqual(['oversized'])
    expect(follower.handled).toEqual(['*'])
    expect(follower.errors).toMatchObject([
      { code: 'INVALID_MESSAGE', reason: 'size' } satisfies Partial<InvalidMessageError>,
    ])
    expect(follower.subscription.counts.invalid).toBe(1)
  })

  it('once a second does not keep the subscription from vouching, nor put off a resync of another cause', async () => {
    const { fleet, follower } = await start()
    for (let second = 0; second < 40; second++) {
      await publish(fleet, user(long))
      await fleet.runtime.advance(1_100)
      expect(follower.subscription.health()).toMatchObject({ status: 'up' })
    }
    fleet.log.clear()
    await fleet.runtime.advance(4_000)
    expect(reasonsOf(follower).filter((reason) => reason !== 'oversized')).toEqual(['log-lost'])
  })

  it.each([
    ['a text that is no JSON', 'x'.repeat(maxFrameBytes + 1)],
    ['an object that is no message', JSON.stringify({ blob: 'x'.repeat(maxFrameBytes + 1) })],
    ['a message without a type', user(long, { entity_type: null })],
    ['a message of an unknown action', user(long, { action: 'Drop' })],
    ['keys of which one is none', encodeCrateMessage({ entity_ids: [...keys(maxBatchKeys), 7] })],
    ['a message without an id, which evicts nothing', user('1', { entity_id: null, metadata: deep })],
  ])('is garbage if it is %s', async (_, text) => {
    const { fleet, follower } = await start()
    await publish(fleet, text)
    await fleet.runtime.advance(100)
    expect(follower.resyncs).toEqual([])
    expect(follower.subscription.counts.invalid).toBe(1)
  })

  it('is left to the log if it has a place there', async () => {
    const { fleet, follower } = await start()
    const place = '"stream_id":"1795365850251-16","append_id":"abcdefgh4mnz","prev":"abcdefgh4mny",'
    await publish(fleet, `{${place}${user('1', { metadata: 'x'.repeat(maxFrameBytes) }).slice(1)}`)
    await fleet.runtime.advance(100)
    expect(follower.subscription.counts).toMatchObject({ invalid: 1, resyncs: 0 })
  })

  it('comes often and evicts everything once a second, and once more after the last', async () => {
    const { fleet, follower } = await start()
    for (let each = 0; each < 25; each++) {
      await publish(fleet, user(long))
      await fleet.runtime.advance(100)
    }
    await fleet.runtime.advance(5_000)
    expect(reasonsOf(follower)).toEqual(Array(4).fill('oversized'))
    expect(follower.errors).toHaveLength(1)
    expect(follower.subscription.counts.invalid).toBe(25)
  })
})

it('a typed batch of bare ids reaches the handler as keys', async () => {
  const keys: string[] = []
  const { fleet } = await start({
    handler: (message) => {
      if (message.action === 'batch') keys.push(...message.cacheKeys)
    },
  })
  await publish(fleet, encodeCrateMessage({ entity_type: 'Post', entity_ids: ['7', '8'] }))
  await fleet.runtime.advance(10)
  expect(keys).toEqual(['post:7', 'post:8'])
})
