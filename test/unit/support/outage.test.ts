import { beforeEach, expect, test } from 'vitest'
import { toRedisError } from '../../../src/log/redis/errors.js'
import { ConfigurationError, type InvalidationError, RedisError } from '../../../src/support/errors.js'
import { Outage } from '../../../src/support/outage.js'
import { heapInUse } from '../../support/collect-garbage.js'

let reported: Error[]
let outage: Outage

beforeEach(() => {
  reported = []
  outage = new Outage((error) => reported.push(error))
})

/** An error reply as ioredis has it, and as the log over Redis passes it on. */
function refused(text: string, command = 'evalsha'): InvalidationError {
  return toRedisError(Object.assign(new Error(text), { name: 'ReplyError' }), command, 'redis:6379')
}

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

test('a failure is reported once in an outage, and once more in the next', () => {
  for (let outages = 0; outages < 2; outages++) {
    outage.failed(new RedisError('disconnected', 'first'))
    outage.failed(new RedisError('disconnected', 'second'))
    outage.ended()
  }
  expect(reported.map(({ message }) => message)).toEqual(['first', 'first'])
})

test('an outage goes on from the first failure to the next success', () => {
  expect(outage.ongoing).toBe(false)
  outage.failed(new Error('no'))
  expect(outage.ongoing).toBe(true)
  outage.ended()
  expect(outage.ongoing).toBe(false)
})

test('a refusal is reported once although the digest of the script in its text changes', () => {
  for (let attempt = 0; attempt < 100; attempt++) {
    outage.failed(refused(`NOPERM this user has no permissions to run ${attempt.toString(16)}`))
    outage.failed(refused(`WRONGTYPE script: ${attempt.toString(16)}, on @user_script:1.`))
  }
  expect(reported).toHaveLength(2)
})

test('failures of different kinds are reported although they alternate', () => {
  const failures = [
    new RedisError('timeout', 'late'),
    new RedisError('disconnected', 'gone', { cause: systemError('ECONNREFUSED') }),
    new RedisError('disconnected', 'gone', { cause: systemError('ENOTFOUND') }),
    refused('NOAUTH Authentication required.'),
    refused('NOPERM this user has no permissions'),
    refused("OOM command not allowed when used memory > 'maxmemory'."),
    refused('MISCONF Redis is configured to save RDB snapshots'),
    new ConfigurationError('wrong'),
    new TypeError('not a function'),
    new Error('some other'),
    systemError('ENOSPC'),
  ]
  for (let attempt = 0; attempt < 3; attempt++) for (const failure of failures) outage.failed(failure)
  expect(reported).toEqual(failures)
})

test('an error that a Redis before 7 wraps is known by its own code', () => {
  outage.failed(refused('ERR Error running script (call to f_1f): @user_script:3: -OOM command not allowed'))
  outage.failed(refused('ERR Error running script (call to f_2e): @user_script:9: -OOM command not allowed'))
  outage.failed(refused('ERR Error running script (call to f_1f): @user_script:3: -WRONGTYPE Operation against a key'))
  expect(reported).toHaveLength(2)
})

test('what is thrown may be anything, also an error that throws when it is read', () => {
  const hostile = new Proxy(new Error('hostile'), {
    get() {
      throw new Error('not to be read')
    },
  })
  for (const thrown of ['text', undefined, hostile, hostile]) outage.failed(thrown)
  expect(reported.map((error) => (error === hostile ? 'hostile' : error.message))).toEqual(['text', 'hostile'])
})

test('however many kinds of failure there are, few are reported and little is remembered', () => {
  const name = 'E'.repeat(100_000)
  const before = heapInUse()
  const quiet = new Outage(() => reported.push(new Error('reported')))
  for (let kind = 0; kind < 1_000; kind++) {
    quiet.failed(Object.assign(new Error('no'), { name: `${name}${kind}` }))
    quiet.failed(Object.assign(new Error('no'), { code: `CODE_${kind}` }))
  }
  expect(reported.length).toBeLessThan(20)
  expect(heapInUse() - before).toBeLessThan(1_000_000)
  expect(quiet.ongoing).toBe(true)
})
