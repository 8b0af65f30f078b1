import { luaFunctions, script } from './script.js'

/**
 * Saves a cursor. Unless it may overwrite, it never moves the cursor back to an earlier stream ID.
 *
 * - KEYS: cursors
 * - ARGV: name, position, `1` to overwrite
 * - Returns: 1 if it was saved, else 0
 */
export const saveCursorScript = script(`${luaFunctions}
local saved = redis.call('HGET', KEYS[1], ARGV[1])
local comparable = saved and saved:match('^%d+%-%d+@') and ARGV[2]:match('^%d+%-%d+@')
if ARGV[3] ~= '1' and comparable and is_below(ARGV[2], saved) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`)
