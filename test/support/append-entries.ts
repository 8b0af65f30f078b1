import type { Redis } from 'ioredis'

const entriesPerCall = 100_000

/** Appends entries as publishers do, without publishing them. ARGV: the first number, the last. */
const appendMany = `
local prev = redis.call('GET', KEYS[2])
for number = ARGV[1], ARGV[2] do
  local id = 'seed.' .. string.format('%d', number)
  redis.call('XADD', KEYS[1], '*', 'a', id, 'p', prev, 'm', '{"message_id":"' .. id ..
    '","timestamp":"2026-11-22T10:00:00.000Z","entity_type":"User","entity_id":"' .. string.format('%d', number) ..
    '","action":"Delete","source_service":"user-service"}')
  prev = id
end
redis.call('SET', KEYS[2], prev)
`

/** Appends so many entries to a log that has a head, of one user each, with ids from `from` on. */
export async function appendEntries(redis: Redis, channel: string, count: number, from = 1): Promise<void> {
  const keys = [`{${channel}}:stream`, `{${channel}}:last`]
  const last = from + count - 1
  for (let first = from; first <= last; first += entriesPerCall) {
    await redis.eval(appendMany, 2, ...keys, first, Math.min(last, first + entriesPerCall - 1))
  }
}
