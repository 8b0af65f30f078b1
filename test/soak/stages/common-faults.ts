import type { Redis } from 'ioredis'
import type { Random } from '../../../examples/demo/services/random.js'
import { logKeys } from '../../../src/log/keys.js'
import { connection } from '../cast.js'
import { pick } from '../chance.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import type { Undo } from './stage.js'

const { stream, last } = logKeys(connection.channel)

const atOnce = { minMs: 0, maxMs: 0 }

/** What a server can do to its clients. */
export const clientFaults: readonly ServerFaultKind[] = [
  { name: 'normal clients killed', ...atOnce },
  { name: 'pubsub clients killed', ...atOnce },
]

/** What can be done to the log by hand. */
export const logFaults: readonly ServerFaultKind[] = [
  { name: 'log flushed', ...atOnce },
  { name: 'log trimmed', ...atOnce },
  { name: 'entries deleted', ...atOnce },
  { name: 'last deleted', ...atOnce },
]

export const nothingToUndo: Undo = () => Promise.resolve()

/** Undefined where the fault is none of these. */
export function inflictOnClients(fault: string, redis: Redis): Promise<unknown> | undefined {
  const type = { 'normal clients killed': 'normal', 'pubsub clients killed': 'pubsub' }[fault]
  return type === undefined ? undefined : redis.call('CLIENT', 'KILL', 'TYPE', type)
}

export async function inflictOnLog(fault: string, redis: Redis, random: Random): Promise<unknown> {
  switch (fault) {
    case 'log flushed':
      return redis.flushall()
    case 'log trimmed':
      return redis.xtrim(stream, 'MAXLEN', '=', 5)
    case 'entries deleted': {
      const newest = await redis.xrevrange(stream, '+', '-', 'COUNT', 20)
      if (newest.length === 0) return
      const ids = Array.from({ length: 3 }, () => pick(newest, random)[0])
      return redis.xdel(stream, ...ids)
    }
    case 'last deleted':
      return redis.del(last)
    default:
      throw new Error(`There is no fault "${fault}"`)
  }
}
