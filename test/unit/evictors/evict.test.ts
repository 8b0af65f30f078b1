import { Keyv } from 'keyv'
import { describe, expect, it } from 'vitest'
import { evict, type EvictTarget, InvalidationPublisher, InvalidationSubscriber } from '../../../src/index.js'
import { MemoryLog } from '../../../src/testing.js'
import { evicting } from '../../support/evicting.js'

/** What of an ioredis client is used, with the calls that reached it. */
class Client {
  readonly isCluster = false
  readonly status = 'ready'
  readonly options: { keyPrefix?: string }
  readonly calls: string[][] = []
  onCall: (key: string) => unknown = () => 1

  constructor(options: { keyPrefix?: string } = {}) {
    this.options = options
  }

  async call(...words: string[]): Promise<unknown> {
    this.calls.push(words)
    await Promise.resolve()
    return this.onCall(words[1] ?? '')
  }
}

describe('evict, of several targets', () => {
  it('evicts memory at once, then what is out of the process, and memory again', async () => {
    const order: string[] = []
    class Memory extends Map<string, string> {
      override delete(key: string): boolean {
        order.push(`memory ${key}`)
        return super.delete(key)
      }
    }
    const memory = new Memory()
    const redis = new Client()
    // A read that found nothing in memory brings the old value back.
    redis.onCall = (): number => {
      order.push('redis')
      memory.set('user:1', 'old')
      return 1
    }
    const far = new Keyv({ store: farStore((key) => order.push(`far ${key}`)) })
    await evicting(evict([memory, far, { target: redis, prefix: 'gateway:' }])).key('user:1')
    expect(order).toEqual(['memory user:1', 'far keyv:user:1', 'redis', 'memory user:1'])
    expect(memory.size).toBe(0)
    expect(redis.calls).toEqual([['unlink', 'gateway:user:1']])
  })

  it('evicts the others if one fails, and rejects with its error', async () => {
    const memory = new Map([['user:1', 'x']])
    const [away, here] = [new Client(), new Client()]
    away.onCall = () => Promise.reject(new Error('away'))
    const evictor = evicting(evict([away, memory, here], { prefix: 'a:' }))
    memory.set('a:user:1', 'x')
    await expect(evictor.key('user:1')).rejects.toThrow(/^away$/)
    expect([...memory.keys()]).toEqual(['user:1'])
    expect(here.calls).toEqual([['unlink', 'a:user:1']])
  })

  it('rejects with all errors if several fail', async () => {
    const away = [1, 2].map((number) => {
      const client = new Client()
      client.onCall = () => Promise.reject(new Error(`away ${number}`))
      return client
    })
    await expect(evicting(evict(away, { prefix: 'a:' })).key('user:1')).rejects.toThrow(
      '2 evictions failed: away 1; away 2',
    )
  })

  it('gives each target its own options before those of all', async () => {
    const [first, second] = [new Client(), new Client()]
    const targets = [{ target: first, prefix: 'first:', batchSize: 1 }, second]
    await evicting(evict(targets, { prefix: 'second:' })).keys('user:1', 'user:2')
    expect(first.calls).toEqual([
      ['unlink', 'first:user:1'],
      ['unlink', 'first:user:2'],
    ])
    expect(second.calls).toEqual([['unlink', 'second:user:1', 'second:user:2']])
  })
})

describe('evict', () => {
  it('is tried again after a failure, and the message is handled when it succeeds', async () => {
    const log = new MemoryLog()
    const publisher = await InvalidationPublisher.connect(log, 'test')
    const subscriber = await InvalidationSubscriber.connect(log)
    const redis = new Client({ keyPrefix: 'gateway:' })
    let failures = 0
    redis.onCall = (key) => {
      if (key === 'user:1' && failures++ < 2) throw new Error('away')
      return 1
    }
    const subscription = subscriber.subscribe(evict(redis), { retry: { minDelayMs: 1, maxDelayMs: 5 } })
    await subscription.caughtUp()
    const { position } = await publisher.invalidate('user', '1')
    await subscription.waitFor(position)
    expect(redis.calls.filter(([, key]) => key === 'user:1')).toHaveLength(3)
    expect(subscription.counts.deadLetters).toBe(0)
    await subscriber.close()
    await publisher.close()
  })

  it('evicts nothing from Redis by a tag', async () => {
    const redis = new Client({ keyPrefix: 'gateway:' })
    await evicting(evict(redis)).tag('a')
    expect(redis.calls).toEqual([])
  })

  it('takes no Redis without prefix, unless that is allowed', async () => {
    const said =
      'Expected the keys of a cache in Redis to have a prefix, got none: the pattern `*` would delete every key there'
    expect(() => evict(new Client())).toThrow(said)
    expect(() => evict([new Map(), new Client()], { prefix: '' })).toThrow(said)
    evict(new Client({ keyPrefix: 'gateway:' }))
    evict(new Client(), { prefix: 'gateway:' })
    const redis = new Client()
    await evicting(evict(redis, { allowEmptyPrefix: true })).key('user:1')
    expect(redis.calls).toEqual([['unlink', 'user:1']])
  })

  it('takes no `tagsOf` for Redis, whose values are not read', () => {
    const options = { prefix: 'a:', tagsOf: () => [] }
    expect(() => evict(new Client(), options)).toThrow('`tagsOf` needs the values of a cache')
    evict([{ target: new Map(), tagsOf: () => [] }, new Client({ keyPrefix: 'a:' })])
  })

  it('takes a Keyv in Redis only with a namespace, which must be no glob', () => {
    const store = { ...farStore(() => 0), opts: { dialect: 'redis', url: '' } }
    expect(() => evict(new Keyv({ store, namespace: '' }))).toThrow('got none')
    evict(new Keyv({ store, namespace: '' }), { allowEmptyPrefix: true })
    evict(new Keyv({ store }))
    expect(() => evict(new Keyv({ store, namespace: 'a[' }))).toThrow('Expected the namespace of a Keyv in Redis')
  })

  it.each([
    ['undefined', undefined],
    ['string', 'redis://localhost'],
    ['function', () => 0],
    ['an object of class Set', new Set()],
    ['an object of class Object', {}],
    ['a promise: await it first', Promise.resolve(new Map())],
  ])('names what it was given in place of a cache: %s', (kind, given) => {
    const said = `Expected a target of \`evict\` to be a Map or a cache with its functions (lru-cache, quick-lru), a Keyv, a cache of cache-manager, or an ioredis client or Cluster, got ${kind}:`
    expect(() => evict(given as unknown as EvictTarget)).toThrow(said)
    expect(() => evict([given as unknown as EvictTarget])).toThrow(said)
    expect(() => evict([{ target: given as unknown as EvictTarget }])).toThrow(said)
  })

  it('takes at least one target, and only options that it has', () => {
    expect(() => evict([])).toThrow('Expected at least one target to evict from, got an empty list')
    const unknown = { prefx: 'a:' } as unknown as object
    expect(() => evict(new Map(), unknown)).toThrow('Unknown option `prefx` of evict')
    expect(() => evict([{ target: new Map(), ...unknown }])).toThrow('Unknown option `prefx` of a target of evict')
    expect(() => evict(new Map(), { batchSize: 0 })).toThrow('Expected `batchSize` to be a whole number of keys')
  })
})

/** A store that a Keyv can't know to be in memory. */
function farStore(onDelete: (key: string) => unknown): object {
  return {
    get: () => Promise.resolve(undefined),
    set: () => Promise.resolve(true),
    delete: (key: string) => Promise.resolve(onDelete(key)),
    clear: () => Promise.resolve(),
  }
}
