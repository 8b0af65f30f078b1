import { createHash } from 'node:crypto'

/** A Lua script. */
export interface Script {
  readonly source: string
  /** The SHA-1 of the source, by which Redis knows the script. */
  readonly digest: string
}

/** Makes a script of its Lua text. */
export function script(source: string): Script {
  return { source, digest: createHash('sha1').update(source).digest('hex') }
}

/**
 * Lua functions that the scripts share.
 *
 * - `append_id(entry)`: the append id of an entry as XRANGE gives it; false if it has none
 * - `info(stream)`: the reply of XINFO STREAM as a table; if it is refused or there is no stream, only `err`, the text of the error
 * - `is_below(a, b)`: whether stream ID `a` (any text may follow it) is less than `b`, to the last digit
 * - `tail(stream)`: append id of the last entry if it is also the last ever generated; else false
 */
export const luaFunctions = `
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
  local reply = redis.pcall('XINFO', 'STREAM', stream)
  local found = {err = reply.err}
  for i = 1, #reply, 2 do found[reply[i]] = reply[i + 1] end
  return found
end
local function tail(stream)
  local about = info(stream)
  local entry = about['last-entry']
  return entry and entry[1] == about['last-generated-id'] and append_id(entry)
end
`
