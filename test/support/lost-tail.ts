import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import { redisCursor, type RepairSummary } from '../../src/index.js'
import { logKeys } from '../../src/log/model/keys.js'
import type { RedisSource } from '../../src/log/open-log.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { ids, nameOf } from './handled.js'
import type { PublishingFleet } from './publishing-fleet.js'
import type { RedisServer } from './redis-server.js'
import type { ServerProxies } from './server-proxies.js'
import { expectResyncs, nextState } from './settled.js'

export interface LostTail {
  /** Its publisher packs nothing: an append is a message. */
  readonly fleet: PublishingFleet
  /** The way that a client goes which loses the servers before they fail. */
  readonly route: ServerProxies
  readonly throughRoute: RedisSource
  /** Publishes what is acknowledged and lost with the primary, which it returns. */
  readonly lose: (publish: () => Promise<unknown>) => Promise<RedisServer>
  /** Resolves when there is another primary. */
  readonly replaced: (old: RedisServer) => Promise<unknown>
}

/** How long all may take to have it, from the new primary on. */
const limitMs = 5_000

/**
 * A failover loses 100 acknowledged appends: all who were live, who were away, and who begin anew at a saved position
 * have handled them in time, without evicting all.
 */
export async function expectLostTailHandled({ fleet, route, throughRoute, lose, replaced }: LostTail): Promise<void> {
  const live = await fleet.follow()
  const away = await fleet.follow({}, {}, throughRoute)
  const cursor = { name: 'durable', cursor: redisCursor(), startAt: 'head' } as const
  const closed = await fleet.follow(cursor)
  await fleet.publishAll(1, 50)
  await Promise.all([live, away, closed].map(({ handled }) => handled.count(50)))
  await closed.subscriber.close()
  const gone = nextState(away, 'disconnected')
  route.inflict({ kind: 'refuse' })
  route.inflict({ kind: 'cut' })
  await gone

  const old = await lose(() => fleet.publishAll(51, 150))
  await replaced(old)
  const since = performance.now()
  route.heal()
  const restarted = await fleet.follow(cursor)
  await Promise.all([live.handled.count(150), away.handled.count(150), restarted.handled.count(100)])
  expect(performance.now() - since).toBeLessThan(limitMs)

  for (const each of [live, away, restarted]) await expectResyncs(each, [])
  expect(live.handled.distinctNames).toEqual(ids(1, 150))
  // The tail is appended again in order.
  const tail = live.handled.names.slice(live.handled.names.lastIndexOf('51'))
  expect([...new Set(tail)]).toEqual(ids(51, 150))
  expect(away.handled.distinctNames).toEqual(ids(1, 150))
  expect(restarted.handled.distinctNames).toEqual(ids(51, 150))
  expectRepaired(fleet, { intact: 50, reappended: 100 })
}

/**
 * The first repair found this, and no repair evicted everything. A failover may take more than one: a publisher that
 * asks a node which is still an owner in its own eyes checks its frames there as well.
 */
export function expectRepaired({ repairs }: PublishingFleet, found: Omit<RepairSummary, 'unknown'>): void {
  expect(repairs[0]).toEqual({ ...found, unknown: 0 })
  expect(repairs.filter(({ unknown }) => unknown > 0)).toEqual([])
}

/**
 * The log has the marker that the first subscription was anchored to, and each of these messages, in this order. One
 * may be there twice, since an append whose acknowledgement was lost is made again, but under two append ids.
 */
export async function expectEachInLog(redis: Redis, channel: string, names: readonly string[]): Promise<void> {
  const entries = await redis.xrange(logKeys(channel).stream, '-', '+')
  const appendIds = entries.map(([, fields]) => fields[1])
  expect(new Set(appendIds).size).toBe(appendIds.length)
  const messages = entries.flatMap(([, fields]) => decodeFrame(fields[5] ?? '').messages)
  expect([...new Set(messages.map(nameOf))]).toEqual(names)
}
