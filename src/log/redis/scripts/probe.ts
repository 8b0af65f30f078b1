import { script } from './script.js'

/**
 * Tries out what an append needs inside a script, on a key that never exists.
 *
 * - KEYS: the key
 * - Returns: for SET with XX and GET and for XADD, the error of the server, or an empty text. XADD gets no arguments, so
 *   a server that knows it refuses it before it asks for any right
 */
export const probeScript = script(`
local function tried(...)
  local reply = redis.pcall(...)
  return type(reply) == 'table' and reply.err or ''
end
return {tried('SET', KEYS[1], '', 'XX', 'GET'), tried('XADD')}
`)
