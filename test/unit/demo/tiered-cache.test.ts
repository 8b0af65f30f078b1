import { beforeEach, expect, test } from 'vitest'
import { TieredCache } from '../../../examples/demo/services/tiered-cache.js'
import { deleteMessage, type Delivery, evict, type InvalidationHandler, patternMessage } from '../../../src/index.js'

/** A tier that carries out commands at once, and holds their replies back while it is told to. */
class HeldTier {
  readonly values = new Map<string, string>()
  isHolding = false
  readonly #held: (() => void)[] = []

  get(key: string): Promise<string | undefined> {
    return this.#reply(this.values.get(key))
  }

  set(key: string, value: string): Promise<void> {
    this.values.set(key, value)
    return this.#reply(undefined)
  }

  readonly evict: InvalidationHandler = async (message, delivery) => {
    await evict(this.values)(message, delivery)
    await this.#reply(undefined)
  }

  /** Lets a reply arrive, and all that follows from it happen. */
  async arrive(which: 'oldest' | 'newest'): Promise<void> {
    const reply = which === 'oldest' ? this.#held.shift() : this.#held.pop()
    if (!reply) throw new Error('No reply is held back')
    reply()
    await turn()
  }

  async #reply<Result>(result: Result): Promise<Result> {
    if (this.isHolding) await new Promise<void>((resolve) => this.#held.push(resolve))
    return result
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const eviction = deleteMessage('user', '1', 'test')
const delivery: Delivery = { mode: 'live', attempt: 1, signal: new AbortController().signal }

let tier: HeldTier
let row: string
let cache: TieredCache

beforeEach(() => {
  tier = new HeldTier()
  row = 'old'
  cache = new TieredCache(tier, () => row)
})

test('a load fills Redis and memory, and an eviction empties both', async () => {
  expect(await cache.get('user:1')).toBe('old')
  expect(tier.values.get('user:1')).toBe('old')
  expect(cache.memory.get('user:1')).toBe('old')
  await cache.evict(eviction, delivery)
  expect(tier.values.size + cache.memory.size).toBe(0)
})

test('memory is filled from Redis', async () => {
  tier.values.set('user:1', 'shared')
  expect(await cache.get('user:1')).toBe('shared')
})

test('an eviction during a load keeps the result out of memory, and what it wrote out of Redis', async () => {
  tier.isHolding = true
  const loading = cache.get('user:1')
  await tier.arrive('oldest')
  expect(tier.values.get('user:1')).toBe('old')
  row = 'new'
  const evicting = cache.evict(eviction, delivery)
  await turn()
  await tier.arrive('oldest')
  expect(await loading).toBe('old')
  await tier.arrive('oldest')
  await evicting
  expect(tier.values.size + cache.memory.size).toBe(0)
})

test('an eviction waits for a load that may yet write to Redis what it read before the change', async () => {
  tier.isHolding = true
  const loading = cache.get('user:1')
  const evicting = cache.evict(eviction, delivery)
  await turn()
  await tier.arrive('oldest')
  await tier.arrive('oldest')
  await loading
  await tier.arrive('oldest')
  await evicting
  expect(tier.values.size).toBe(0)
})

test('a load that read the old value from Redis just before it was deleted does not put it in memory', async () => {
  tier.values.set('user:1', 'old')
  tier.isHolding = true
  const evicting = cache.evict(eviction, delivery)
  const loading = cache.get('user:1')
  await turn()
  expect(tier.values.size).toBe(0)
  await tier.arrive('newest')
  await evicting
  await tier.arrive('oldest')
  await loading
  expect(cache.memory.size).toBe(0)
})

test('a pattern evicts what matches it', async () => {
  await cache.get('user:1')
  await cache.get('post:1')
  await cache.evict(patternMessage('user:*', 'test'), delivery)
  expect([...cache.memory.keys()]).toEqual(['post:1'])
})

test('while Redis is away the database answers alone, and an eviction fails', async () => {
  const away = (): Promise<never> => Promise.reject(new Error('Redis is away'))
  cache = new TieredCache({ get: away, set: away, evict: away }, () => row)
  expect(await cache.get('user:1')).toBe('old')
  await expect(cache.evict(eviction, delivery)).rejects.toThrow('Redis is away')
})
