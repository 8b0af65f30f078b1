import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type InvalidationPublisher,
  matchesPattern,
  type SubscriberOptions,
  type SubscriptionOptions,
} from '../../src/index.js'
import { until } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet
/** Of a test's own. */
let channel: string
let publisher: InvalidationPublisher
/** Live all the while. */
let live: LiveFollower
/** What the subscriber of the live one told as `error`: garbage on the channel comes once for all its subscriptions. */
let told: Error[]
/** The first entry: who starts behind it has read nothing of what follows. */
let start: string
let tests = 0
let followers: LiveFollower[] = []

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterAll(() => fleet.stop())

beforeEach(async () => {
  channel = `hostile:${tests++}`
  publisher = await fleet.publisher({ packing: false, channel })
  live = await follow()
  told = []
  live.subscriber.on('error', (error) => told.push(error))
  start = (await publisher.invalidate('user', 'first')).position
  await live.handled.has('first')
})

afterEach(async () => {
  await Promise.all([publisher.close(), ...followers.map(({ subscriber }) => subscriber.close())])
  followers = []
  await fleet.redis.flushall()
})

async function follow(
  options: SubscriptionOptions = {},
  connection: SubscriberOptions = {},
  url?: string,
): Promise<LiveFollower> {
  const follower = await fleet.follow(options, { channel, ...connection }, url)
  followers.push(follower)
  return follower
}

const stream = (): string => `{${channel}}:stream`

/** Appends by hand, as nobody should. */
async function addByHand(fields: readonly (string | Buffer)[], id = '*'): Promise<void> {
  await fleet.redis.call('XADD', stream(), id, ...fields)
}

/** Publishes a good message, which everybody must handle whatever came before it. */
async function expectGoodMessages(...followers: readonly LiveFollower[]): Promise<void> {
  await publisher.invalidate('user', 'good')
  for (const follower of followers) await follower.handled.has('good')
}

const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
const message = {
  message_id: 'm',
  timestamp: '2026-11-22T10:00:00.000Z',
  source_service: 'hostile',
  entity_type: 'User',
  entity_id: 'forged',
  action: 'Delete',
}

/** No message at all, each for another reason. */
const garbage: readonly [what: string, text: string | Buffer][] = [
  ['nothing', ''],
  ['no JSON', 'garbage'],
  ['half a message', JSON.stringify(message).slice(0, -9)],
  ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0xc0, 0x80, 0x7d])],
  ['NUL bytes', '\0'.repeat(1_000)],
  ['no object', '[1,2,3]'],
  ['JSON 10,000 levels deep', deep],
  ['metadata 10,000 levels deep', JSON.stringify(message).replace(/}$/, `,"metadata":${deep}}`)],
  ['512 KiB and a byte', `"${'x'.repeat(512 * 1024 - 1)}"`],
  ['8 MiB', JSON.stringify({ ...message, metadata: 'x'.repeat(8 * 1024 * 1024) })],
  ['a text of 9 KiB', JSON.stringify({ ...message, entity_id: 'x'.repeat(9 * 1024) })],
  ['a message in `__proto__`', `{"__proto__":${JSON.stringify(message)}}`],
  ['a field that is there twice', JSON.stringify(message).replace(/}$/, ',"entity_id":7}')],
  ['a frame in a frame', JSON.stringify({ frame: [{ frame: [message] }] })],
  ['a frame of 170,000 objects', `{"frame":[${'{},'.repeat(170_000)}{}]}`],
  ...Object.keys(message).map((field): [string, string] => [
    `a number as \`${field}\``,
    JSON.stringify({ ...message, [field]: 7 }),
  ]),
]

describe('garbage on the channel', () => {
  it('is counted and told once for each kind, and the messages beside it are handled', async () => {
    for (const [, text] of garbage) await fleet.redis.publish(channel, text)
    await expectGoodMessages(live)
    expect(live.subscription.counts.invalid).toBeGreaterThanOrEqual(garbage.length)
    expect(told.map((error) => 'reason' in error && error.reason).toSorted()).toEqual(['field', 'json', 'size'])
    expect(told).toMatchObject(told.map(() => ({ code: 'INVALID_MESSAGE' })))
    // What is only too large may be a message of a service without limits: everything is evicted in its place.
    expect(live.handled.names.filter((name) => name !== '*')).toEqual(['first', 'good'])
    expect(live.resyncs.map(({ reason }) => reason)).toEqual(live.resyncs.map(() => 'oversized'))
  })

  it('by the thousand is told once, and holds nobody up', async () => {
    const flood = Array.from({ length: 5_000 }, () => fleet.redis.publish(channel, 'garbage'))
    await Promise.all([...flood, expectGoodMessages(live)])
    await until(() => live.subscription.counts.invalid === 5_000, 10_000, 'all of it counted')
    expect(told).toHaveLength(1)
    await expectResyncs(live, [])
  })

  it('in the fields that are ours takes the message for one that has no place in the log', async () => {
    const hostile = [
      7,
      null,
      '',
      {},
      ['1-1'],
      'x'.repeat(10_000),
      '1-1\n',
      '18446744073709551616-0',
      '99999999999999999999-0',
    ]
    for (const value of hostile) {
      for (const field of ['stream_id', 'append_id', 'prev', 'traceparent', 'tracestate', 'trace_links']) {
        const link = { stream_id: '1-1', append_id: 'a', prev: 'b', [field]: value }
        const place = field.startsWith('trace') ? { [field]: value } : link
        if (field === 'prev' && value === '') continue
        if (field !== 'stream_id' && typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)) continue
        await fleet.redis.publish(channel, JSON.stringify({ ...place, ...message }))
      }
    }
    await expectGoodMessages(live)
    expect(live.subscription.counts.foreign).toBeGreaterThan(30)
    expect(told).toEqual([])
    await expectResyncs(live, [])
  })
})

describe('a forged place in the log', () => {
  const highest = '18446744073709551615-18446744073709551615'

  it.each(['1-1', '0-0', '99999999999999-1', highest, '18446744073709551616-0'])(
    'at %s is handled, and nothing is missed',
    async (streamId) => {
      const link = { stream_id: streamId, append_id: 'forged.1', prev: start.split('@')[1] }
      // It pretends to continue what the subscription has: the next real one shows that it does not.
      await fleet.redis.publish(channel, JSON.stringify({ ...link, ...message }))
      await live.handled.has('forged')
      await expectGoodMessages(live)
      await expectResyncs(live, [])
    },
  )

  it('that continues nothing is handled as well', async () => {
    const link = { stream_id: '5-5', append_id: 'forged.1', prev: 'nobody' }
    await fleet.redis.publish(channel, JSON.stringify({ ...link, ...message }))
    await live.handled.has('forged')
    await expectGoodMessages(live)
    await expectResyncs(live, [])
  })
})

describe('an entry added by hand', () => {
  const foreign: readonly [what: string, fields: readonly (string | Buffer)[], id?: string][] = [
    ['with fields of its own', ['field', 'value']],
    ['with fields like ours, and more', ['a', 'x', 'p', 'y', 'm', '{}', 'z', '1']],
    ['with a field twice', ['a', 'x', 'a', 'y', 'p', 'z', 'm', JSON.stringify(message)]],
    ['with no append id', ['p', 'x', 'm', JSON.stringify(message)]],
    ['with empty fields', ['a', '', 'p', '', 'm', '']],
    ['with invalid UTF-8', [Buffer.from([0xff]), Buffer.from([0xfe]), 'a', Buffer.from([0xc0, 0x80])]],
    ['of 4 MiB', ['a', 'x', 'p', 'y', 'm', 'x'.repeat(4 * 1024 * 1024)]],
    ['far in the future', ['field', 'value'], '99999999999999-1'],
  ]

  it.each(foreign)('%s is one resync, deleted, to who reads the log past it', async (_what, fields, id) => {
    await addByHand(fields, id)
    await expectGoodMessages(live)
    const behind = await follow({ startAt: start })
    await behind.handled.has('*')
    await publisher.invalidate('user', 'after')
    await Promise.all([live, behind].map(({ handled }) => handled.has('after')))
    await expectResyncs(behind, ['deleted'])
    // To who was live it is nothing: the next entry continues what it has.
    expect(live.resyncs).toEqual([])
  })

  it('at the end of the log is one resync, deleted, to who must read it', async () => {
    await addByHand(['field', 'value'])
    const behind = await follow({ startAt: start })
    await expectResyncs(behind, ['deleted'])
    // The marker that one appended is not published: the live one finds it with a heartbeat, and what lies before it.
    // What is published sooner may be covered by the resync, and never handed over.
    await live.handled.has('*')
    await expectGoodMessages(live, behind)
    for (const follower of [live, behind]) await expectResyncs(follower, ['deleted'])
  })

  it('at the end of the log is one resync to who may not write either, until something is appended', async () => {
    await fleet.redis.call(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>secret',
      '~*',
      '&*',
      '+@read',
      '+@connection',
      '+@pubsub',
      '+multi',
      '+exec',
      '+xinfo',
      '-@scripting',
    )
    await addByHand(['field', 'value'])
    const url = fleet.server.url.replace('redis://', 'redis://reader:secret@')
    const reader = await follow({ startAt: start }, { announce: false }, url)
    await expectResyncs(reader, ['deleted'])
    await expectGoodMessages(live)
    await reader.handled.count(2)
    await expectResyncs(reader, ['deleted', 'no-position'])
    await publisher.invalidate('user', 'after')
    await reader.handled.has('after')
    await expectResyncs(reader, ['deleted', 'no-position'])
  })

  it('with the last ID there is makes publishes wait and says so; the log goes on when it is gone', async () => {
    const failed: Error[] = []
    publisher.on('error', (error) => failed.push(error))
    await addByHand(['field', 'value'], '18446744073709551615-18446744073709551615')
    const publishing = publisher.invalidate('user', 'good')
    await until(() => failed.length > 0, 10_000, 'the refusal told')
    expect(failed).toMatchObject([
      { code: 'REDIS', kind: 'reply', message: expect.stringContaining('exhausted') as string },
    ])
    await fleet.redis.del(stream(), `{${channel}}:last`)
    await publishing
    await live.handled.has('*')
    await expectResyncs(live, ['log-lost'])
  })
})

describe('garbage in an entry of ours', () => {
  it('evicts everything, is reported once for each kind, and what follows it is not missed', async () => {
    let last = start.split('@')[1] ?? ''
    for (const [index, [, text]] of garbage.entries()) {
      await addByHand(['a', `by-hand.${index}`, 'p', last, 'm', text])
      last = `by-hand.${index}`
    }
    await fleet.redis.set(`{${channel}}:last`, last)
    const behind = await follow({ startAt: start })
    await Promise.all([live, behind].map(({ handled }) => handled.has('*')))
    await expectGoodMessages(live, behind)
    for (const follower of [live, behind]) {
      expect(follower.subscription.counts.invalid).toBe(1)
      expect(follower.errors).toMatchObject([{ code: 'INVALID_MESSAGE', reason: 'json' }])
      await expectResyncs(follower, ['unreadable'])
    }
  })

  it.each(garbage)('that is %s evicts everything', async (_what, text) => {
    const last = start.split('@')[1] ?? ''
    await addByHand(['a', 'by-hand.1', 'p', last, 'm', text])
    await fleet.redis.set(`{${channel}}:last`, 'by-hand.1')
    const behind = await follow({ startAt: start })
    await expectResyncs(behind, ['unreadable'])
  })

  it('of several MiB in each of many is one resync', async () => {
    let last = start.split('@')[1] ?? ''
    for (let index = 0; index < 25; index++) {
      await addByHand(['a', `giant.${index}`, 'p', last, 'm', 'x'.repeat(4 * 1024 * 1024)])
      last = `giant.${index}`
    }
    await fleet.redis.set(`{${channel}}:last`, last)
    await live.handled.has('*')
    await expectGoodMessages(live)
    await expectResyncs(live, ['unreadable'])
  })
})

describe('a hostile pattern', () => {
  it('costs microseconds, here as for the handler', async () => {
    const key = 'a'.repeat(60)
    const hostile = [
      '*a*a*a*a*a*a*b',
      '*a'.repeat(30),
      '*?'.repeat(30) + 'b',
      `${'[a-z]*'.repeat(10)}b`,
      '[^'.repeat(30),
    ]
    for (const pattern of hostile) await publisher.invalidatePattern(pattern)
    await live.handled.count(1 + hostile.length)
    const startedAt = performance.now()
    for (let round = 0; round < 100; round++) for (const pattern of hostile) matchesPattern(pattern, key)
    expect((performance.now() - startedAt) / 500).toBeLessThan(1)
  })
})
