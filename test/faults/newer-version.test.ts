import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCacheKey, type InvalidationMessage, matchesPattern } from '../../src/index.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { version } from '../../src/support/version.js'
import { ids } from '../support/handled.js'
import { LiveFleet } from '../support/live-fleet.js'
import { newerVersion, NewerVersion } from '../support/newer-version.js'
import type { ScriptProcess } from '../support/script-process.js'

let fleet: LiveFleet
let built: NewerVersion
let newer: ScriptProcess

beforeAll(async () => {
  built = await NewerVersion.build()
  fleet = await LiveFleet.start()
  newer = built.start(fleet.server.url, fleet.channel)
})

afterAll(async () => {
  await newer.kill()
  await fleet.stop()
  await built.remove()
})

function evict(cache: Set<string>, message: InvalidationMessage): void {
  if (message.action === 'pattern') {
    for (const key of cache) if (matchesPattern(message.pattern, key)) cache.delete(key)
  } else if ('entityId' in message) cache.delete(buildCacheKey(message.entityType, message.entityId))
}

it('a writer of a form that a reader lacks: the reader evicts all for every such frame, and one that has it nothing', async () => {
  await newer.printed((lines) => lines.some(({ state }) => state === 'live'))
  const older = await fleet.subscriber()
  const cache = new Set<string>()
  const errors: Error[] = []
  const resyncs: string[] = []
  const subscription = older.subscribe((message) => evict(cache, message))
  subscription.on('error', (error) => errors.push(error)).on('resync', ({ reason }) => resyncs.push(reason))
  await subscription.caughtUp()
  const alone = await fleet.publisher({ packing: false })
  for (let burst = 0; burst < 3; burst++) {
    const published = ids(1 + 100 * burst, 100 + 100 * burst)
    for (const id of [...published, 'alone']) cache.add(buildCacheKey('user', id))
    newer.tell({ publish: published })
    await newer.printed(() => newer.values('position').length > burst)
    const receipt = await alone.invalidate('user', 'alone')
    for (const position of [String(newer.values('position')[burst]), receipt.position]) {
      await subscription.waitFor(position)
    }
    expect([...cache]).toEqual([])
  }
  await subscription.caughtUp()
  const entries = await fleet.redis.xrange(`{${fleet.channel}}:stream`, '-', '+')
  const unreadable = entries.filter(([, fields]) => decodeFrame(fields[5] ?? '').rejected.length > 0)
  expect(unreadable.length).toBeGreaterThanOrEqual(3)
  expect(resyncs).toHaveLength(subscription.counts.resyncs)
  expect(new Set(resyncs)).toEqual(new Set(['unreadable']))
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(`was written by version ${newerVersion} and can't be read by ${version}`),
  ])
  await newer.printed(() => newer.values('handled').length >= 303)
  expect(newer.values('resync')).toEqual([])
})
