import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Random } from '../../../examples/demo/services/random.js'
import { logKeys } from '../../../src/log/model/keys.js'
import { connection } from '../cast.js'
import { pick } from '../chance.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import type { Undo } from './stage.js'

const { stream, last } = logKeys(connection.channel)

const atOnce = { minMs: 0, maxMs: 0 }

/** What can happen in every topology: to the clients of a server, and by hand to the log. */
export const commonFaults: readonly ServerFaultKind[] = [
  { name: 'normal clients killed', ...atOnce },
  { name: 'pubsub clients killed', ...atOnce },
  { name: 'log emptied', ...atOnce },
  { name: 'log trimmed', ...atOnce },
  { name: 'entries deleted', ...atOnce },
  { name: 'last deleted', ...atOnce },
]

/** Inflicts one of them on the server that has the log. */
export async function inflictCommonFault(fault: string, redis: Redis, random: Random): Promise<Undo> {
  await inflict(fault, redis, random)
  return () => Promise.resolve()
}

/** The while in which a primary acknowledges what no replica gets. */
export function growTail(): Promise<void> {
  return sleep(300)
}

/** A primary that is started again before it is replaced would be one that has lost everything. */
export function undoReplaced(replaced: () => Promise<unknown>, recover: Undo): Undo {
  return async () => {
    await replaced()
    await recover()
  }
}

async function inflict(fault: string, redis: Redis, random: Random): Promise<unknown> {
  switch (fault) {
    case 'normal clients killed':
      return redis.call('CLIENT', 'KILL', 'TYPE', 'normal')
    case 'pubsub clients killed':
      return redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    case 'log emptied':
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
