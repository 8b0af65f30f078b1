/**
 * Reads entries as bare as can be, pages by XRANGE and one JSON.parse an entry: `replay-bare.ts <url> <stream>`.
 * Answers a number of entries with the entries per second.
 */
import { Redis } from 'ioredis'
import { sharedNow } from '../clock.js'
import { serve } from './serve.js'

const pageSize = 1_000

const [url = '', stream = ''] = process.argv.slice(2)
const redis = new Redis(url, { lazyConnect: true })
await redis.connect()

serve(async (count = 0) => {
  const startedAt = sharedNow()
  let read = 0
  for (let from = '-'; read < count;) {
    const page = await redis.xrange(stream, from, '+', 'COUNT', Math.min(pageSize, count - read))
    for (const [, fields] of page) parseMessage(fields)
    read += page.length
    const last = page.at(-1)
    if (last === undefined) throw new Error(`Expected ${count} entries in ${stream}, got ${read}`)
    from = `(${last[0]}`
  }
  return [(count / (sharedNow() - startedAt)) * 1_000]
})

function parseMessage(fields: readonly string[]): unknown {
  const json = fields[fields.indexOf('m') + 1]
  if (json === undefined) throw new Error(`Expected an entry with a field m, got ${fields.join(' ')}`)
  return JSON.parse(json)
}
