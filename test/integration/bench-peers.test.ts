import { existsSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Flood, type FloodOptions } from '../../bench/flood/flood.js'
import { RedisGauge } from '../../bench/flood/redis-gauge.js'
import type { Reading } from '../../bench/measurement.js'
import { type PeerInfo, peers } from '../../bench/peers.js'
import { Resources } from '../../bench/resources.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const timeoutMs = 60_000
const short = { cold: 50, warmUp: 20, measured: 50 }

let server: RedisServer
beforeAll(async () => {
  server = await startRedisServer()
})
afterAll(() => server.stop())

/** A round of a flood, with two subscribers unless it is said otherwise. */
async function measure(options: Pick<FloodOptions, 'peer'> & Partial<FloodOptions>): Promise<Reading['figures']> {
  await using resources = new Resources()
  const redis = options.redis ?? resources.use(await RedisGauge.open(server.url))
  const usual = { url: server.url, publishers: [1], subscribers: [1, 1], callers: 10, durations: short }
  const flood = await Flood.start({ ...usual, ...options, redis }, resources)
  return (await flood.measure()).figures
}

function isInstalled({ folder }: PeerInfo): boolean {
  if (folder === undefined) return true
  return existsSync(new URL(`../../bench/peers/${folder}/node_modules`, import.meta.url))
}

/** A round fails where a key that was said to be evicted is still held. The bench installs what is left out here. */
test.each(peers.filter(isInstalled))(
  'every key that $name publishes goes from the caches of the other processes',
  async ({ name }) => {
    const figures = await measure({ peer: name })
    expect(figures).toMatchObject({ lost: 0, disconnects: 0 })
    expect(figures.handled_per_s).toBeGreaterThan(0)
    expect(figures.subscriber_cpu_us).toBeGreaterThan(0)
    expect(figures.redis_sent_bytes).toBeGreaterThan(0)
  },
  timeoutMs,
)

test(
  'publishers and subscribers can share processes, and no two publish the same',
  async () => {
    const figures = await measure({ peer: 'cache-invalidation', publishers: [1, 2], subscribers: [2, 1] })
    expect(figures).toMatchObject({ lost: 0, disconnects: 0 })
  },
  timeoutMs,
)

test.each([
  { peer: 'cache-invalidation', loses: false },
  { peer: 'ioredis', loses: true },
])(
  'subscribers of $peer that Redis cuts off in a round are told of, and so is whether messages are lost: $loses',
  async ({ peer, loses }) => {
    await using resources = new Resources()
    const gauge = resources.use(await RedisGauge.open(server.url))
    const client = new Redis(server.url)
    resources.defer(() => client.quit())
    let reads = 0
    const redis = {
      async read() {
        // The third is that at the beginning of the round that is measured, after those of the warm-up.
        if (++reads === 3) setTimeout(() => void client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), 50)
        return gauge.read()
      },
    }
    const figures = await measure({ peer, redis, durations: { ...short, measured: 500 } })
    expect(figures.disconnects).toBeGreaterThan(0)
    if (loses) expect(figures.lost).toBeGreaterThan(0)
    else expect(figures.lost).toBe(0)
  },
  timeoutMs,
)
