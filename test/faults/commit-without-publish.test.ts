import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LiveFleet } from '../support/live-fleet.js'
import { ScriptProcess } from '../support/script-process.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet
let folder: string
const processes: ScriptProcess[] = []

beforeEach(async () => {
  fleet = await LiveFleet.start()
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-database-'))
})

afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()))
  await fleet.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A service that commits a value and publishes that it did; with `stall` it never comes to the second. */
function write(value: string, ...stall: 'stall'[]): ScriptProcess {
  const started = new ScriptProcess('writer-process.ts', [
    fleet.server.url,
    fleet.channel,
    join(folder, 'user'),
    value,
    ...stall,
  ])
  processes.push(started)
  return started
}

describe('a publisher killed between commit and publish', () => {
  it('is not covered: what it committed is never said, and a cached copy is stale until its TTL or the next change', async () => {
    const follower = await fleet.follow()
    const load = (): Promise<string> => readFile(join(folder, 'user'), 'utf8')
    const first = write('first')
    await first.printed((lines) => lines.some(({ written }) => written === 'first'))
    await follower.handled.count(1)
    const cached = await load()

    const killed = write('second', 'stall')
    await killed.printed((lines) => lines.some(({ written }) => written === 'second'))
    await killed.kill()
    await expectResyncs(follower, [])
    expect(await load()).toBe('second')
    expect(cached).toBe('first')
    // Nothing tells the cache: neither the channel nor the log.
    expect(follower.handled.names).toEqual(['1'])
    expect(follower.subscription.freshness()).toMatchObject({ state: 'live', behind: 0 })

    const next = write('third')
    await next.printed((lines) => lines.some(({ written }) => written === 'third'))
    await follower.handled.count(2)
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(['1', '1'])
  })
})
