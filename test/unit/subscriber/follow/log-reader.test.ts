import { expect, test } from 'vitest'
import type { Inspection } from '../../../../src/log/model/entry.js'
import { findContinuity } from '../../../../src/subscriber/follow/log-reader.js'
import { RedisError, type RedisErrorKind } from '../../../../src/support/errors.js'

const mine = { streamId: '5-0', appendId: 'five' }
const older = { streamId: '4-0', appendId: 'four' }

/** As after a failover: another entry stands in the place of ours. */
const forked: Inspection = {
  found: 'other',
  first: { position: { streamId: '1-0', appendId: 'one' }, prev: '' },
  last: 'other',
  added: 5,
  length: 5,
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

test('a fork goes on from the newest entry that is still there, however many are gone, looked up in batches', async () => {
  const accepted = Array.from({ length: 250 }, (_, index) => ({ streamId: `${500 - index}-0`, appendId: `e${index}` }))
  const lookups: number[] = []
  const continuity = await findContinuity(
    {
      inspect: () => Promise.resolve(forked),
      lookup: (positions) => {
        lookups.push(positions.length)
        return Promise.resolve(positions.map(({ appendId }) => (Number(appendId.slice(1)) < 230 ? 'gone' : 'intact')))
      },
    },
    mine,
    () => accepted,
    undefined,
  )
  expect(continuity).toEqual({ kind: 'replay', start: { at: 'entry', position: accepted[230] }, forked: true })
  expect(lookups).toEqual([100, 100, 50])
})
