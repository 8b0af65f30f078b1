import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matchesPattern } from '../../src/message/glob.js'
import { globAndKey } from '../support/globs.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

/**
 * Asks KEYS about pairs, each in a database that holds this one key.
 * ARGV: pattern, key, pattern, key, …  Returns: for each pair how many keys KEYS found, 0 or 1.
 */
const askKeys = `
local found = {}
for i = 1, #ARGV, 2 do
  redis.call('SET', ARGV[i + 1], '')
  found[#found + 1] = #redis.call('KEYS', ARGV[i])
  redis.call('DEL', ARGV[i + 1])
end
return found`

describe('matchesPattern and KEYS', () => {
  let server: RedisServer
  let redis: Redis

  beforeAll(async () => {
    server = await startRedisServer()
    redis = new Redis(server.url)
  })

  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })

  it('agree on 10,000 random pairs', async () => {
    const size = 100
    let matches = 0
    await fc.assert(
      fc.asyncProperty(fc.array(globAndKey, { minLength: size, maxLength: size }), async (pairs) => {
        const found = await redis.eval(askKeys, 0, ...pairs.flat())
        const ours = pairs.map(([globbed, text]) => (matchesPattern(globbed, text) ? 1 : 0))
        matches += ours.filter((match) => match === 1).length
        expect(ours).toEqual(found)
      }),
      { numRuns: 100 },
    )
    // Where nearly nothing matches, agreeing is easy.
    expect(matches).toBeGreaterThan(2_000)
    expect(matches).toBeLessThan(8_000)
  })
})
