import { afterEach, describe, expect, test } from 'vitest'
import { InvalidationPublisher, redisCursor } from '../../src/index.js'
import { logKeys } from '../../src/log/model/keys.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { failureOf } from '../support/redis-log-fixture.js'
import { settled } from '../support/settled.js'

let fleet: LiveFleet | undefined

afterEach(async () => {
  await fleet?.stop()
  fleet = undefined
})

/** A server that does not know these commands, as managed ones and proxies do not. */
async function startWithout(...commands: readonly string[]): Promise<LiveFleet> {
  fleet = await LiveFleet.start({ args: commands.flatMap((name) => ['--rename-command', name, '']) })
  return fleet
}

describe('everything works where the server does not know', () => {
  test.each([
    [['SCRIPT']],
    [['XLEN']],
    [['EVALSHA']],
    [['EVALSHA', 'SCRIPT']],
    [['EVAL']],
    [['MULTI']],
    [['INFO']],
    [['CLIENT', 'CONFIG', 'WAIT', 'XLEN', 'SCRIPT']],
  ])('%s', async (missing) => {
    const started = await startWithout(...missing)
    const publisher = await started.publisher()
    const options = { name: 'cache', cursor: redisCursor(), commitIntervalMs: 0 }
    const first = await started.follow(options)
    await publisher.invalidate('user', '1')
    await first.handled.count(1)
    await settled(first)
    await first.subscriber.close()
    await Promise.all(ids(2, 50).map((id) => publisher.invalidate('user', id)))
    const second = await started.follow(options)
    await publisher.invalidate('user', '51')
    await second.handled.has('51')
    expect(second.handled.names).toEqual(ids(2, 51))
    expect([first.errors, second.errors, second.resyncs]).toEqual([[], [], []])
  })
})

test('a subscriber works without any script: it reads plain pages', async () => {
  const started = await startWithout('EVALSHA', 'EVAL', 'SCRIPT')
  const keys = logKeys(started.channel)
  const follower = await started.follow({}, { announce: false })
  // As a publisher appends it that may run scripts.
  await started.redis.call('SET', keys.last, 'a1')
  await started.redis.call('XADD', keys.stream, '1-1', 'a', 'a1', 'p', '', 'm', '{"frame":[]}')
  await until(() => follower.resyncs.length > 0, 10_000, 'the first entry')
  await started.redis.call('SET', keys.last, 'a2')
  await started.redis.call('XADD', keys.stream, '1-2', 'a', 'a2', 'p', 'a1', 'm', '{"frame":[]}')
  await settled(follower)
  expect(follower.subscription.position).toBe('1-2@a2')
  expect(follower.errors).toEqual([])
})

test('a publisher without any script is refused, and the error names what is missing', async () => {
  const { server } = await startWithout('EVALSHA', 'EVAL', 'SCRIPT')
  const error = await failureOf(InvalidationPublisher.connect(server.url, 'test'))
  expect(error).toMatchObject({ code: 'UNSUPPORTED_SERVER' })
  expect(error.message).toContain('lacks Lua scripts')
})
