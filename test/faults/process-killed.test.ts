import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { ScriptProcess } from '../support/script-process.js'

let fleet: LiveFleet
let folder: string
const processes: ScriptProcess[] = []

beforeEach(async () => {
  fleet = await LiveFleet.start()
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-cursor-'))
})

afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()))
  await fleet.stop()
  await rm(folder, { recursive: true, force: true })
})

function startSubscriber(cursor: string): ScriptProcess {
  const started = new ScriptProcess('subscriber-process.ts', [fleet.server.url, fleet.channel, cursor])
  processes.push(started)
  return started
}

/** The saved cursor, or what holds it; empty where there is none yet. */
async function savedCursor(cursor: string): Promise<string> {
  if (cursor === 'redis') return (await fleet.redis.hget(`{${fleet.channel}}:cursors`, 'process')) ?? ''
  return readFile(cursor, 'utf8').catch(() => '')
}

describe('a subscriber killed in the middle of a burst', () => {
  it.each(['redis', 'file'])('and started again goes on from its %s cursor, and misses nothing', async (kind) => {
    const cursor = kind === 'redis' ? 'redis' : join(folder, 'cursor.json')
    const publisher = await fleet.publisher({ packing: false })
    const first = startSubscriber(cursor)
    await first.printed((lines) => lines.some(({ state }) => state === 'live'))
    const receipts = await Promise.all(ids(1, 500).map((id) => publisher.invalidate('user', id)))
    const isSaved = async (): Promise<boolean> => (await savedCursor(cursor)).includes(receipts.at(-1)?.position ?? '?')
    await until(isSaved, 10_000, 'the cursor saved')
    // From here on the process is killed wherever it happens to be.
    const burst = Promise.all(ids(501, 3_000).map((id) => publisher.invalidate('user', id)))
    await first.printed((lines) => lines.some(({ handled }) => Number(handled) > 500))
    await first.kill()
    await burst
    await Promise.all(ids(3_001, 3_500).map((id) => publisher.invalidate('user', id)))
    const second = startSubscriber(cursor)
    await second.printed((lines) => lines.some(({ handled }) => handled === '3500'))

    const seen = new Set([...first.values('handled'), ...second.values('handled')])
    expect(ids(1, 3_500).filter((id) => !seen.has(id))).toEqual([])
    expect([...first.values('resync'), ...second.values('resync')]).toEqual([])
    // It went on from where it was: neither from the start nor from the head.
    expect(second.values('handled')).not.toContain('1')
    expect(second.values('handled')).toContain('3001')
  })
})
