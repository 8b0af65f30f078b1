import { readInfo, type Named } from './administration-replies.js'
import type { Send } from './connection.js'
import { replyCode } from './redis-errors.js'

/** Servers that this process has been warned of. */
const warnedOf = new Set<string>()

/**
 * Warns of a server that may evict the log: once in a process, unless it was set right in between. Where INFO is refused
 * nothing is known, and nothing said.
 */
export async function warnOfEviction(send: Send, server: string, warn: (text: string) => void): Promise<void> {
  const info = await askMemory(send)
  if (info === undefined) return
  const policy = evictingPolicy(info)
  if (policy === undefined) {
    warnedOf.delete(server)
    return
  }
  if (warnedOf.has(server)) return
  warnedOf.add(server)
  warn(
    `The server at ${server} may evict the log, and then every subscription evicts all that it caches: its \`maxmemory-policy\` is ${policy}. Set it to ${harmlessPolicy(policy)}, since the log never expires, or to noeviction, or give the log a server of its own`,
  )
}

/** The policy by which a server evicts keys that do not expire, from what its INFO says; undefined where it does not. */
export function evictingPolicy(info: Named): string | undefined {
  const policy = info.get('maxmemory_policy') ?? ''
  return Number(info.get('maxmemory') ?? 0) > 0 && policy.startsWith('allkeys-') ? policy : undefined
}

/** The same policy for keys that expire alone. */
export function harmlessPolicy(policy: string): string {
  return policy.replace('allkeys-', 'volatile-')
}

async function askMemory(send: Send): Promise<Named | undefined> {
  try {
    return readInfo(await send('info', 'memory'))
  } catch (error) {
    if (replyCode(error) === undefined) throw error
    return undefined
  }
}
