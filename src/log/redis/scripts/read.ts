import { script } from './script.js'

/**
 * Runs commands that only read, as one atomic step.
 *
 * - KEYS: the keys they read
 * - ARGV: the commands, as a JSON list of lists
 * - Returns: the reply to each, or its error
 */
export const readScript = script(`
local replies = {}
for index, command in ipairs(cjson.decode(ARGV[1])) do replies[index] = redis.pcall(unpack(command)) end
return replies
`)
