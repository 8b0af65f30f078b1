import { expect, test } from 'vitest'
import { RedisError, type RedisErrorKind } from '../../../src/errors.js'
import type { Inspection } from '../../../src/recovery/entry.js'
import { findContinuity } from '../../../src/subscribing/log-reader.js'

const mine = { streamId: '5-0', appendId: 'five' }
const older = { streamId: '4-0', appendId: 'four' }

/** As after a failover: another entry stands in the place of ours. */
const forked: Inspection = {
  ...{ found: 'other', first: { position: { streamId: '1-0', appendId: 'one' }, prev: '' } },
  ...{ last: 'other', added: 5, length: 5 },
}

const judgedWith = (kind: RedisErrorKind) =>
  findContinuity(
    { inspect: () => Promise.resolve(forked), lookup: () => Promise.reject(new RedisError(kind, 'no EVALSHA')) },
    mine,
    () => [older],
    undefined,
  )

test('a fork is followed by a resync where the right to look entries up is missing', async () => {
  expect(await judgedWith('refused')).toMatchObject({ kind: 'resync', reason: 'forked' })
})

test('a fork is looked up again where the lookup failed otherwise', async () => {
  await expect(judgedWith('timeout')).rejects.toMatchObject({ kind: 'timeout' })
})
