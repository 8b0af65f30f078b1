import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Logger, type PublisherEvents, redisCursor, type SubscriptionEvents } from '../../src/index.js'
import { rightsOf, type Role } from '../../src/log/admin/rights.js'
import { logKeys } from '../../src/log/model/keys.js'
import { DEFAULT_CHANNEL } from '../../src/support/connection-options.js'
import { documentedUsers, rulesFor } from '../support/acl.js'
import { ids, nameOf } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { Replica } from '../support/replica.js'
import { settled } from '../support/settled.js'

const channel = DEFAULT_CHANNEL
const keys = logKeys(channel)
const timeoutMs = 10_000

let fleet: LiveFleet

beforeEach(async () => {
  fleet = await LiveFleet.start()
})

afterEach(() => fleet.stop())

/** Makes a user with these rules alone; resolves to where it connects. */
async function grant(user: string, rules: readonly string[]): Promise<string> {
  await fleet.redis.call('ACL', 'SETUSER', user, 'reset', 'on', '>secret', 'resetchannels', ...rules)
  return fleet.server.url.replace('//', `//${user}:secret@`)
}

/** Makes a user as docs/operations.md says. */
async function grantAsDocumented(user: string): Promise<string> {
  const rules = (await documentedUsers()).get(user)
  if (rules === undefined) throw new Error(`docs/operations.md has no line for ${user}`)
  return grant(user, rules)
}

/** What a failover does to the last entry, where the new primary lacks it. */
async function failOverWithoutLast(): Promise<void> {
  const { redis } = fleet
  const [last, before] = await redis.xrevrange(keys.stream, '+', '-', 'COUNT', 2)
  const lose = redis.multi().xdel(keys.stream, last?.[0] ?? '')
  lose.set(keys.last, before?.[1][1] ?? '')
  await lose.replicaof('127.0.0.1', 1).replicaof('NO', 'ONE').exec()
}

describe('under the rights of docs/operations.md nothing is refused', () => {
  let publisherUrl: string
  let subscriberUrl: string

  beforeEach(async () => {
    publisherUrl = await grantAsDocumented('invalidation-publisher')
    subscriberUrl = await grantAsDocumented('invalidation-subscriber')
  })

  afterEach(async () => {
    expect(await fleet.redis.call('ACL', 'LOG')).toEqual([])
  })

  test('while invalidations are published, confirmed by a replica, handled, and replayed', async () => {
    const replica = await Replica.of(fleet.server)
    const waitReplicas = { count: 1, timeoutMs: 5_000 }
    const publisher = await fleet.publisher({ channel, waitReplicas, commandTimeoutMs: 5_000 }, publisherUrl)
    const follower = await fleet.follow({}, { channel }, subscriberUrl)
    await publisher.invalidate('user', '1')
    await fleet.redis.call('SCRIPT', 'FLUSH')
    await publisher.invalidate('user', '2')
    await follower.handled.count(2)
    const replayed = nextEvent<SubscriptionEvents, 'replay'>(follower.subscription, 'replay')
    await Promise.all([fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), publisher.invalidate('user', '3')])
    await within(replayed, timeoutMs, 'the replay')
    await follower.handled.count(3)
    expect(follower.handled.names).toEqual(ids(1, 3))
    await settled(follower)
    await replica.stop()
  })

  test('while a failover loses an entry that is appended again, and while the whole log is lost', async () => {
    const publisher = await fleet.publisher({ channel }, publisherUrl)
    const follower = await fleet.follow({}, { channel }, subscriberUrl)
    const strict = await fleet.follow({ strictFailover: true }, { channel }, subscriberUrl)
    for (const id of ids(1, 3)) await publisher.invalidate('user', id)
    await Promise.all([follower.handled.count(3), settled(strict)])
    const repaired = nextEvent<PublisherEvents, 'repaired'>(publisher, 'repaired')
    await failOverWithoutLast()
    const [summary] = await within(repaired, timeoutMs, 'the repair')
    expect(summary).toMatchObject({ reappended: 1, unknown: 0 })
    await until(() => strict.resyncs.some(({ reason }) => reason === 'failover'), timeoutMs, 'the resync of the strict')
    await settled(follower)
    expect(follower.resyncs).toEqual([])
    await fleet.redis.del(keys.stream, keys.last)
    await until(() => follower.resyncs.some(({ reason }) => reason === 'log-lost'), timeoutMs, 'the resync')
  })

  test('while a subscription announces itself, saves its cursor, and goes on from it', async () => {
    const publisher = await fleet.publisher({ channel }, publisherUrl)
    const options = { name: 'cache', cursor: redisCursor(), commitIntervalMs: 0 }
    const first = await fleet.follow(options, { channel, service: 'orders' }, subscriberUrl)
    await until(async () => (await fleet.redis.hlen(keys.subscribers)) === 1, timeoutMs, 'the announcement')
    await publisher.invalidate('user', '1')
    await settled(first)
    await first.subscriber.close()
    expect(await fleet.redis.hlen(keys.subscribers)).toBe(0)
    await publisher.invalidate('user', '2')
    await fleet.redis.call('SCRIPT', 'FLUSH')
    const second = await fleet.follow(options, { channel }, subscriberUrl)
    expect(second.handled.names).toEqual(['2'])
    await second.subscriber.close()
  })

  test('while dead letters are kept, listed, redriven and purged', async () => {
    const bothUrl = await grantAsDocumented('invalidation-both')
    const publisher = await fleet.publisher({ channel }, bothUrl)
    const subscriber = await fleet.subscriber({ channel }, bothUrl)
    const subscription = subscriber.subscribe(
      (message) => {
        if (nameOf(message) === 'poison') throw new Error('no evicting it')
      },
      { retry: { forMs: 0 }, onDeadLetter: 'keep' },
    )
    subscription.on('error', () => undefined)
    await subscription.caughtUp()
    const kept = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter')
    await publisher.invalidate('user', 'poison')
    await within(kept, timeoutMs, 'the dead letter')
    const again = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter')
    expect(await subscriber.deadLetters.redrive()).toMatchObject({ redriven: 1, failed: 0 })
    await within(again, timeoutMs, 'the dead letter again')
    const other = await fleet.subscriber({ channel }, subscriberUrl)
    expect(await other.deadLetters.list()).toHaveLength(1)
    expect(await other.deadLetters.purge()).toBe(1)
  })
})

const rights = rightsOf(keys, false)
const rulesOfRole = (role: Role): readonly string[] => rulesFor(channel, (right) => right.role === role)
const needed = (role: Role): readonly string[] => rulesFor(channel, (right) => right.role === role && !right.optional)
const optionalNeeds = (role: Role): readonly string[] => [
  ...new Set(rights.flatMap((right) => (right.role === role && right.optional ? [right.without] : []))),
]

/** Keeps what is told of refusals, with what to do about them. */
class Complaints {
  readonly refusals: string[] = []
  readonly logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: (text) => this.add(text) }

  add(text: string): void {
    if (/the rights \(ACL\) of the user|grant the channel|the right to INFO/.test(text)) this.refusals.push(text)
  }

  async come(): Promise<void> {
    await until(() => this.refusals.length > 0, timeoutMs, 'a complaint')
  }
}

function ignore(): void {
  // What is asserted is what goes wrong.
}

describe('that one needed right is missing is told', () => {
  test.each(needed('publisher'))('to a publisher: %s', async (rule) => {
    const url = await grant(
      'limited',
      rulesOfRole('publisher').filter((each) => each !== rule),
    )
    const complaints = new Complaints()
    const { logger } = complaints
    try {
      const publisher = await fleet.publisher({ channel, logger, publishTimeoutMs: 300, closeTimeoutMs: 0 }, url)
      const publish = (): Promise<unknown> => publisher.invalidate('user', '1').catch(ignore)
      const steps = [publish, publish, () => fleet.redis.call('SCRIPT', 'FLUSH'), publish, failOverWithoutLast]
      for (const step of steps) if (complaints.refusals.length === 0) await step()
    } catch (error) {
      complaints.add(String(error))
    }
    await complaints.come()
  })

  test.each(needed('subscriber'))('to a subscriber: %s', async (rule) => {
    const url = await grant(
      'limited',
      rulesOfRole('subscriber').filter((each) => each !== rule),
    )
    const publisher = await fleet.publisher({ channel })
    const complaints = new Complaints()
    const { logger } = complaints
    try {
      const subscriber = await fleet.subscriber({ channel, logger, announce: false }, url)
      const subscription = subscriber.subscribe(() => undefined)
      await subscription.caughtUp({ timeoutMs: 500 }).catch(ignore)
      await publisher.invalidate('user', '1')
      await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    } catch (error) {
      complaints.add(String(error))
    }
    await complaints.come()
  })
})

describe('all else goes on', () => {
  test.each(optionalNeeds('publisher'))('for a publisher, where %s', async (without) => {
    const rules = rulesFor(channel, (right) => right.role === 'publisher' && right.without !== without)
    const publisher = await fleet.publisher({ channel }, await grant('limited', rules))
    const { handled } = await fleet.follow({}, { channel })
    for (const id of ids(1, 3)) await publisher.invalidate('user', id)
    await handled.count(3)
    expect(handled.names).toEqual(ids(1, 3))
  })

  test.each(optionalNeeds('subscriber'))('for a subscriber, where %s', async (without) => {
    const rules = rulesFor(channel, (right) => right.role === 'subscriber' && right.without !== without)
    const publisher = await fleet.publisher({ channel })
    await publisher.invalidate('user', '0')
    const { handled, subscription, resyncs } = await fleet.follow({}, { channel }, await grant('limited', rules))
    await publisher.invalidate('user', '1')
    await handled.count(1)
    const replayed = nextEvent<SubscriptionEvents, 'replay'>(subscription, 'replay')
    await Promise.all([fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), publisher.invalidate('user', '2')])
    await within(replayed, timeoutMs, 'the replay')
    await handled.has('2')
    expect(resyncs).toEqual([])
  })
})
