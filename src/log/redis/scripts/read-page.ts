import { script } from './script.js'

/**
 * Reads a page of the log with its head, in a form that a client parses in half the time: XRANGE replies with nine
 * parts an entry.
 *
 * - KEYS: stream, last
 * - ARGV: the stream ID to read from, how many entries at most
 * - Returns: the value of `last`; stream ID, append id and prev of each entry, a line each; the frames. The
 *   frame of the entry at the ID to read from is empty: the client has it. If an entry has
 *   other fields than ours: the value of `last`, and the entries as XRANGE gives them
 */
export const readPageScript = script(`
local range = {'XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2]}
local last = redis.call('GET', KEYS[2])
local entries = redis.call(unpack(range))
local places, n = {}, 0
for i = 1, #entries do
  local id, fields = entries[i][1], entries[i][2]
  if fields[1] ~= 'a' or fields[3] ~= 'p' or fields[5] ~= 'm' then
    return {last, redis.call(unpack(range))}
  end
  places[n + 1], places[n + 2], places[n + 3] = id, fields[2], fields[4]
  n = n + 3
  entries[i] = id == ARGV[1] and '' or fields[6]
end
return {last, table.concat(places, '\\n'), entries}
`)
