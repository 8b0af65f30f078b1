import { retentionFunctions } from './retention.js'
import { luaFunctions, script } from './script.js'

/**
 * Appends a frame and publishes it. If the server refuses XADD (a key of another type, no right), `last` gets its old
 * value back: a head that names a missing entry would make every subscription resync.
 *
 * If the server has reached `maxmemory`, the log makes room first: it drops its oldest tenth, or more if that is
 * less than a node of the stream. After a write, Redis lets the rest of a script run. If nothing can be dropped, the
 * append is refused.
 *
 * - KEYS: stream, last
 * - ARGV: append id, the frame without its opening brace, limit of entries, channel, PUBLISH or SPUBLISH, the number of the
 *   database; and, only if the log is to be kept to them now, limit of bytes and greatest age (ms), either may be empty
 * - Returns: stream ID, receivers and prev as one text, a space between them, since Redis and ioredis take twice as long
 *   over a list. Receivers are −1 if the server refuses the channel: the entry is in the log all the same. Prev is last,
 *   since somebody else's head may hold spaces. If the server refuses to measure or to trim: a list of that text and the
 *   text of the refusal
 */
export const appendScript = script(`
local last = redis.pcall('SET', KEYS[2], ARGV[1], 'GET')
if type(last) == 'table' then
  if not last.err or not last.err:find('OOM', 1, true) then return last end
${luaFunctions}
  local length = info(KEYS[1]).length or 0
  local share, dropped = 0.1, 0
  while dropped == 0 and length > 1 and share < 2 do
    dropped = redis.pcall('XTRIM', KEYS[1], 'MAXLEN', '~', math.max(1, math.floor(length * (1 - share))))
    share = share * 2
  end
  if dropped == 0 or type(dropped) == 'table' then return last end
  last = redis.call('SET', KEYS[2], ARGV[1], 'GET')
end
local prev = last
if not prev then
${luaFunctions}
  prev = tail(KEYS[1]) or ''
end
local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'a', ARGV[1], 'p', prev, 'm', '{' .. ARGV[2])
if type(id) == 'table' then
  if last then redis.call('SET', KEYS[2], last) else redis.call('DEL', KEYS[2]) end
  return id
end
local receivers = redis.pcall(ARGV[5], ARGV[4],
  '{"stream_id":"' .. id .. '","append_id":"' .. ARGV[1] .. '","prev":"' .. prev .. '","db":' .. ARGV[6] .. ',' .. ARGV[2])
if type(receivers) == 'table' then receivers = -1 end
local place = id .. ' ' .. receivers .. ' ' .. prev
if not ARGV[7] then return place end
${retentionFunctions}
local refusal = keep(KEYS[1], id, ARGV[7], ARGV[8])
return refusal and {place, refusal} or place
`)
