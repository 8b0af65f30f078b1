import { retentionFunctions } from './retention.js'
import { script } from './script.js'

/**
 * Drops entries that are too old by the server's clock; the newest stays.
 *
 * - KEYS: stream
 * - ARGV: greatest age (ms)
 * - Returns: the text of a refusal; else nothing
 */
export const trimScript = script(`${retentionFunctions}
local about = info(KEYS[1])
local last = about['last-entry']
if not last then return about.err and not about.err:find('no such key', 1, true) and about.err end
local time = redis.pcall('TIME')
if time.err then return 'TIME: ' .. time.err end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = last[1]
if tonumber(newest:match('^%d+')) - now < -tonumber(ARGV[1]) then
  local dropped = redis.pcall('XTRIM', KEYS[1], 'MINID', '=', newest)
  return type(dropped) == 'table' and dropped.err
end
return keep_age(KEYS[1], string.format('%.0f', now), tonumber(ARGV[1]))
`)
