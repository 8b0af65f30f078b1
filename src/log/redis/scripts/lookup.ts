import { luaFunctions, script } from './script.js'

/**
 * Looks up entries by stream ID and append id.
 *
 * - KEYS: stream
 * - ARGV: pairs of stream ID and append id
 * - Returns: for each pair `intact` (found under that append id), `below` (its ID is less than the first entry's), or
 *   `gone`
 */
export const lookupScript = script(`${luaFunctions}
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local found = {}
for i = 1, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry and append_id(entry) == ARGV[i + 1] then
    found[#found + 1] = 'intact'
  elseif first and is_below(ARGV[i], first[1]) then
    found[#found + 1] = 'below'
  else
    found[#found + 1] = 'gone'
  end
end
return found
`)
