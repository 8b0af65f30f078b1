import { maxAnnounced, tooManyAnnounced } from '../../model/announced.js'
import { script } from './script.js'

/**
 * Keeps the record of a subscription or publisher, stamped with the server's time. A new one may clear away expired
 * records: always if there are too many, else with a chance of one in the number of records, so that the cost of
 * starting a whole fleet grows only with its size.
 *
 * - KEYS: the register: subscribers or publishers
 * - ARGV: id, record (a JSON object) without its opening brace, how long it is valid (ms)
 * - Returns: 1, or the text of the refusal: an error reply would have the connection replaced
 */
export const announceScript = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('{"seenAt":%.0f,"ttlMs":%s,', now, ARGV[3])
local added = redis.pcall('HSET', KEYS[1], ARGV[1], stamp .. ARGV[2])
if type(added) == 'table' then return added.err end
local count = redis.call('HLEN', KEYS[1])
if added == 1 and (count > ${maxAnnounced} or time[2] % count == 0) then
  local records = redis.call('HGETALL', KEYS[1])
  for i = 1, #records, 2 do
    local seen, ttl = records[i + 1]:match('^{"seenAt":(%d+),"ttlMs":(%d+),')
    if not seen or now - seen > tonumber(ttl) then redis.call('HDEL', KEYS[1], records[i]) end
  end
  if redis.call('HLEN', KEYS[1]) > ${maxAnnounced} then
    redis.call('HDEL', KEYS[1], ARGV[1])
    return '${tooManyAnnounced}'
  end
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
`)
