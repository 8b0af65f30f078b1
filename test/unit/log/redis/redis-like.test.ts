import { type Cluster, Redis } from 'ioredis'
import { type Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { makeClientSource } from '../../../../src/log/redis/clients.js'
import type { ClientOverrides, ClusterLike, RedisLike } from '../../../../src/log/redis/redis-like.js'
import { systemRuntime } from '../../../../src/support/runtime.js'

describe('RedisLike', () => {
  it('takes clients of ioredis 5 and 6, although neither is assignable to the other', () => {
    expectTypeOf<Redis>().toExtend<RedisLike>()
    expectTypeOf<Redis5>().toExtend<RedisLike>()
    expectTypeOf<Redis5>().not.toExtend<Redis>()
    expectTypeOf<Redis>().not.toExtend<Redis5>()
  })

  it('has its like for a Cluster', () => {
    expectTypeOf<Cluster>().toExtend<ClusterLike>()
    expectTypeOf<Cluster5>().toExtend<ClusterLike>()
  })

  it.each([
    ['ioredis 6', new Redis({ lazyConnect: true, maxRetriesPerRequest: null, enableAutoPipelining: true })],
    ['ioredis 5', new Redis5({ lazyConnect: true, maxRetriesPerRequest: null, enableAutoPipelining: true })],
  ] as [string, RedisLike][])('is duplicated with options under which nothing hangs (%s)', (_, lent) => {
    const made = makeClientSource(lent, {
      slot: 0,
      runtime: systemRuntime,
      commandTimeoutMs: 1_000,
      name: 'ours',
    }).makeClient(() => 123)
    expect(made).not.toBe(lent)
    expect(made.constructor).toBe(lent.constructor)
    expect(made.status).toBe('wait')
    const options = made.options as Partial<ClientOverrides>
    expect(options).toMatchObject({
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableAutoPipelining: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    })
    expect(options.retryStrategy?.()).toBe(123)
  })
})
