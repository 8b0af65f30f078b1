/**
 * Reads entries as bare as can be, pages by XRANGE and one JSON.parse an entry: `recovery-bare.ts <url> <stream>
 * <id>`, where the id is that of the stream's first entry. Takes the steps of recovery-steps.ts.
 */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { sharedNow } from '../clock.js'
import { recoverySteps } from './recovery-steps.js'
import { serve } from './serve.js'

const pageSize = 1_000

const [url = '', stream = '', first = ''] = process.argv.slice(2)
let standing: { readonly redis: Redis; readonly ready: Promise<unknown> } | undefined

serve(async (step, count = 0) => {
  switch (step) {
    case recoverySteps.replay: {
      const redis = await connect()
      const startedAt = sharedNow()
      await readAll(redis, count)
      const readAt = sharedNow()
      redis.disconnect()
      return [readAt - startedAt]
    }
    case recoverySteps.stand: {
      const redis = await connect()
      standing = { redis, ready: once(redis, 'ready') }
      return []
    }
    case recoverySteps.recover: {
      if (standing === undefined) throw new Error('Expected to have been asked to stand before')
      const { redis, ready } = standing
      await ready
      await readAll(redis, count)
      const recoveredAt = sharedNow()
      redis.disconnect()
      return [recoveredAt]
    }
    default:
      throw new RangeError(`Expected a step of a recovery, got ${step}`)
  }
})

async function connect(): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return redis
}

/** All behind the first. */
async function readAll(redis: Redis, count: number): Promise<void> {
  let read = 0
  for (let last = first; read < count;) {
    const page = await redis.xrange(stream, `(${last}`, '+', 'COUNT', pageSize)
    for (const [, fields] of page) parseMessage(fields)
    read += page.length
    const newest = page.at(-1)
    if (newest === undefined) throw new Error(`Expected ${count} entries in ${stream} behind ${first}, got ${read}`)
    last = newest[0]
  }
}

function parseMessage(fields: readonly string[]): unknown {
  const json = fields[fields.indexOf('m') + 1]
  if (json === undefined) throw new Error(`Expected an entry with a field m, got ${fields.join(' ')}`)
  return JSON.parse(json)
}
