import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matchesPattern } from '../../src/message/glob.js'
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

const letters = ['a', 'b', 'c']
// Redis compares signed bytes on x86 and unsigned ones elsewhere; only a range from ASCII to beyond can tell.
const beyondAscii = process.arch === 'x64' ? ['é', 'ÿ', '🎉'] : []
const odd = ['-', '^', ']', '[', '\\', '!', '\n', '\0', ' ', ...beyondAscii]

const symbol = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...letters) },
  { weight: 2, arbitrary: fc.constantFrom(...odd) },
)
const pattern = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: symbol },
      { weight: 3, arbitrary: fc.constantFrom('*', '?') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '[abc]',
          '[^a]',
          '[a-c]',
          '[c-a]',
          '[]',
          '[^]',
          '[^',
          '[',
          '[a-',
          '[a-]',
          '[-',
          '\\',
        ),
      },
      { weight: 1, arbitrary: fc.tuple(symbol, symbol).map(([from, to]) => `[${from}-${to}]`) },
    ),
    { maxLength: 8 },
  )
  .map((elements) => elements.join(''))
const key = fc.oneof(
  { weight: 3, arbitrary: fc.array(symbol, { maxLength: 5 }).map((symbols) => symbols.join('')) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
  },
)
/** Some keys are the pattern with its stars and classes filled in: random ones alone would seldom match. */
const pair = fc.oneof(
  fc.tuple(pattern, key),
  fc.tuple(pattern, key, symbol).map(([globbed, part, one]): [string, string] => [
    globbed,
    globbed
      .replaceAll('*', part)
      .replaceAll(/\[[^\]]*\]?|\?/g, one)
      .replaceAll('\\', ''),
  ]),
)

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
      fc.asyncProperty(fc.array(pair, { minLength: size, maxLength: size }), async (pairs) => {
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
