import { expect, test } from 'vitest'
import { findNewestIntact } from '../../../../src/subscriber/follow/newest-intact.js'
import { RedisError, type RedisErrorKind } from '../../../../src/support/errors.js'

const refusing = (kind: RedisErrorKind) => ({ lookup: () => Promise.reject(new RedisError(kind, 'no EVALSHA')) })
const older = { streamId: '4-0', appendId: 'four' }

test('without the right to look entries up, none counts as intact', async () => {
  expect(await findNewestIntact(refusing('refused'), [older])).toBeUndefined()
})

test('a lookup that failed otherwise is an error: the log has to be asked again', async () => {
  await expect(findNewestIntact(refusing('timeout'), [older])).rejects.toMatchObject({ kind: 'timeout' })
})

test('the newest entry that is still there is found, however many are gone, by lookups in batches', async () => {
  const accepted = Array.from({ length: 250 }, (_, index) => ({ streamId: `${500 - index}-0`, appendId: `e${index}` }))
  const lookups: number[] = []
  const found = await findNewestIntact(
    {
      lookup: (positions) => {
        lookups.push(positions.length)
        return Promise.resolve(positions.map(({ appendId }) => (Number(appendId.slice(1)) < 230 ? 'gone' : 'intact')))
      },
    },
    accepted,
  )
  expect(found).toEqual(accepted[230])
  expect(lookups).toEqual([100, 100, 50])
})

test('no entry is found where all are gone', async () => {
  const lookup = (positions: readonly unknown[]) => Promise.resolve(positions.map(() => 'gone' as const))
  expect(await findNewestIntact({ lookup }, [older])).toBeUndefined()
})
