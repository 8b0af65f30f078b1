import { retentionFunctions } from './retention.js'
import { script } from './script.js'

/**
 * Finds the entry to anchor to: the last one, if it is the one that `last` names; else a marker, which it appends and
 * does not publish.
 *
 * - KEYS: stream, last
 * - ARGV: append id of the marker, its frame, limit of entries, limit of bytes, greatest age (ms); either of the last two
 *   may be empty
 * - Returns: stream ID, append id, entries ever added (false if the server does not count them), and the text of the
 *   refusal if the server refuses to measure or to trim; or, if the script may not write, the text of that refusal alone
 */
export const anchorScript = script(`${retentionFunctions}
local last = redis.call('GET', KEYS[2])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and last and append_id(newest) == last then
  return {newest[1], last, info(KEYS[1])['entries-added'] or false}
end
local prev = last or tail(KEYS[1]) or ''
local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'a', ARGV[1], 'p', prev, 'm', ARGV[2])
if type(id) == 'table' and id.err then return id.err end
redis.call('SET', KEYS[2], ARGV[1])
local refusal = keep(KEYS[1], id, ARGV[4], ARGV[5])
return {id, ARGV[1], info(KEYS[1])['entries-added'] or false, refusal}
`)
