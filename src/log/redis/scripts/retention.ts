import { luaFunctions } from './script.js'

/**
 * Lua functions that drop the oldest entries. All return the text of a refusal, or false; none drops the newest entry.
 *
 * - `keep_bytes(stream, limit)`: measures the stream, and trims it to 90 % of the limit if it is above 95 %. Redis counts
 *   the memory of every node, so this holds for any mix of sizes, and for entries of any writer. It is too slow for
 *   each append: a publisher asks for it each time it has appended a 64th of the limit. How many entries to drop is
 *   computed from the sizes of the oldest.
 * - `keep_age(stream, id, age)`: drops what is older than `age` ms at the time of `id`
 * - `keep(stream, id, limit, age)`: both; an empty text is no limit
 */
export const retentionFunctions = `${luaFunctions}
local function keep_bytes(stream, limit)
  for _ = 1, 16 do
    local used = redis.pcall('MEMORY', 'USAGE', stream, 'SAMPLES', 0)
    if type(used) == 'table' then return used.err end
    if not used or used <= limit * 0.95 then return false end
    local about = info(stream)
    if about.err then return about.err end
    local excess, length, least = used - limit * 0.9, about.length, 1
    -- Entries take more memory than their texts. So if much is to be dropped, drop a part and measure again.
    if excess > limit * 0.2 then excess = excess * 0.7 end
    for _ = 1, 64 do
      if excess <= 0 or length <= 1 then break end
      local oldest, bytes = redis.pcall('XRANGE', stream, '-', '+', 'COUNT', 4), 0
      if oldest.err then return oldest.err end
      for i = 1, #oldest do
        for j = 1, #oldest[i][2] do bytes = bytes + #oldest[i][2][j] end
      end
      local each = bytes / math.max(1, #oldest) + 64
      local count = math.max(least, math.min(math.floor(excess / each), math.ceil(length / 16)))
      count = math.min(count, length - 1)
      local dropped = redis.pcall('XTRIM', stream, 'MAXLEN', '~', length - count)
      if type(dropped) == 'table' then return dropped.err end
      if dropped == 0 and count == length - 1 then return false end
      length, excess = length - dropped, excess - dropped * each
      if dropped == 0 then least = count * 2 else least = 1 end
    end
  end
  return false
end
local function keep_age(stream, id, age)
  local oldest = string.format('%.0f', math.max(0, tonumber(id:match('^%d+')) - age))
  local dropped = redis.pcall('XTRIM', stream, 'MINID', '=', oldest)
  return type(dropped) == 'table' and dropped.err
end
local function keep(stream, id, limit, age)
  local refusal = limit ~= '' and keep_bytes(stream, tonumber(limit))
  return age ~= '' and keep_age(stream, id, tonumber(age)) or refusal
end
`
