import { createHash } from 'node:crypto'
import { maxAnnounced, tooManyAnnounced } from '../../model/announced.js'

/** A Lua script and the SHA-1 by which Redis knows it. */
export interface Script {
  readonly source: string
  readonly digest: string
}

function script(source: string): Script {
  return { source, digest: createHash('sha1').update(source).digest('hex') }
}

/**
 * Lua functions that the scripts share.
 *
 * - `append_id(entry)`: the append id of an entry as XRANGE gives it; false where it has none
 * - `info(stream)`: the reply of XINFO STREAM as a table; empty where there is no stream
 * - `is_below(a, b)`: whether stream ID `a` (what follows it does not matter) is less than `b`, to the last digit
 * - `tail(stream)`: append id of the last entry if it is also the last ever generated; else false
 */
const functions = `
local function append_id(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'a' then return entry[2][i + 1] end
  end
  return false
end
local function is_below(a, b)
  local a_time, a_sequence = a:match('^(%d+)%-(%d+)')
  local b_time, b_sequence = b:match('^(%d+)%-(%d+)')
  if #a_time ~= #b_time then return #a_time < #b_time end
  if a_time ~= b_time then return a_time < b_time end
  if #a_sequence ~= #b_sequence then return #a_sequence < #b_sequence end
  return a_sequence < b_sequence
end
local function info(stream)
  local found = {}
  local reply = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, #reply, 2 do found[reply[i]] = reply[i + 1] end
  return found
end
local function tail(stream)
  local about = info(stream)
  local entry = about['last-entry']
  return entry and entry[1] == about['last-generated-id'] and append_id(entry)
end
`

/**
 * Appends a frame and publishes it. Where the stream can't be added to (another type under its key, no right to), the
 * head stays where it was: one that named an entry that does not exist would be a resync of every subscription.
 *
 * - KEYS: stream, last
 * - ARGV: append id, the frame without its opening brace, cap (entries), channel, PUBLISH or SPUBLISH
 * - Returns: stream ID, prev, receivers (−1 where the channel is refused: the entry stands all the same)
 */
export const appendScript = script(`
local last = redis.call('SET', KEYS[2], ARGV[1], 'GET')
local prev = last
if not prev then
${functions}
  prev = tail(KEYS[1]) or ''
end
local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'a', ARGV[1], 'p', prev, 'm', '{' .. ARGV[2])
if type(id) == 'table' then
  if last then redis.call('SET', KEYS[2], last) else redis.call('DEL', KEYS[2]) end
  return id
end
local receivers = redis.pcall(ARGV[5], ARGV[4],
  '{"stream_id":"' .. id .. '","append_id":"' .. ARGV[1] .. '","prev":"' .. prev .. '",' .. ARGV[2])
if type(receivers) == 'table' then receivers = -1 end
return {id, prev, receivers}
`)

/**
 * Finds the entry to anchor to: the last one, if it is the one that `last` names; else a marker, which is appended and
 * not published.
 *
 * - KEYS: stream, last
 * - ARGV: append id of the marker, its frame, cap (entries)
 * - Returns: stream ID, append id, entries ever added (false where the server does not know); or, where it may not
 *   write, the text of the refusal alone
 */
export const anchorScript = script(`${functions}
local last = redis.call('GET', KEYS[2])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest and last and append_id(newest) == last then
  return {newest[1], last, info(KEYS[1])['entries-added'] or false}
end
local prev = last or tail(KEYS[1]) or ''
local id = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'a', ARGV[1], 'p', prev, 'm', ARGV[2])
if type(id) == 'table' and id.err then return id.err end
redis.call('SET', KEYS[2], ARGV[1])
return {id, ARGV[1], info(KEYS[1])['entries-added'] or false}
`)

/**
 * Looks up entries by stream ID and append id.
 *
 * - KEYS: stream
 * - ARGV: pairs of stream ID and append id
 * - Returns: for each pair `intact` (there under that append id), `below` (its ID is less than the first entry's), or
 *   `gone`
 */
export const lookupScript = script(`${functions}
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

/**
 * Saves a cursor; unless told to overwrite, never moves it back to an earlier stream ID.
 *
 * - KEYS: cursors
 * - ARGV: name, position, `1` to overwrite
 * - Returns: 1 if it was saved, else 0
 */
export const saveCursorScript = script(`${functions}
local saved = redis.call('HGET', KEYS[1], ARGV[1])
local comparable = saved and saved:match('^%d+%-%d+@') and ARGV[2]:match('^%d+%-%d+@')
if ARGV[3] ~= '1' and comparable and is_below(ARGV[2], saved) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`)

/**
 * Keeps what a subscription tells of itself, stamped with the server's time. What has expired is cleared away when a
 * subscription is new: always where there are too many, else about once in as many times as there are records, so that
 * the cost of a whole fleet that begins grows only with its size.
 *
 * - KEYS: subscribers
 * - ARGV: id, record (a JSON object) without its opening brace, how long it holds (ms)
 * - Returns: 1, or the text of the refusal: as a reply of its own, it says nothing about the connection
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

/**
 * Runs commands that only read.
 *
 * - KEYS: the keys they read
 * - ARGV: the commands, as a JSON list of lists
 * - Returns: the reply of each, an error where it failed
 */
export const readScript = script(`
local replies = {}
for index, command in ipairs(cjson.decode(ARGV[1])) do replies[index] = redis.pcall(unpack(command)) end
return replies
`)

/**
 * Reads a page of the log with its head, in a form that costs a client half as much to read: XRANGE by itself replies with
 * nine parts an entry.
 *
 * - KEYS: stream, last
 * - ARGV: the stream ID to read from, how many entries at most
 * - Returns: what `last` holds; stream ID, append id and prev of each entry, a line each; the frames. Where an entry is
 *   not as we write them: what `last` holds, and the entries as XRANGE gives them
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
  entries[i] = fields[6]
end
return {last, table.concat(places, '\\n'), entries}
`)

/** All of them: they are loaded when a connection comes up. */
export const scripts: readonly Script[] = [
  appendScript,
  anchorScript,
  lookupScript,
  saveCursorScript,
  announceScript,
  readScript,
  readPageScript,
]
