import { expect, it } from 'vitest'
import { Cork } from '../../../../src/log/redis/session-calls.js'

function recordedStream() {
  const calls: string[] = []
  return { calls, cork: () => calls.push('cork'), uncork: () => calls.push('uncork') }
}

it('holds back a stream once a turn, and lets go when the turn is over', async () => {
  const cork = new Cork()
  const stream = recordedStream()
  cork.forThisTurn(stream)
  cork.forThisTurn(stream)
  expect(stream.calls).toEqual(['cork'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(stream.calls).toEqual(['cork', 'uncork'])
  cork.forThisTurn(stream)
  await new Promise((resolve) => setImmediate(resolve))
  expect(stream.calls).toEqual(['cork', 'uncork', 'cork', 'uncork'])
})

it('lets go of each of two streams, as when a connection was replaced within the turn', async () => {
  const cork = new Cork()
  const [old, replaced] = [recordedStream(), recordedStream()]
  cork.forThisTurn(old)
  cork.forThisTurn(replaced)
  cork.forThisTurn(undefined)
  await new Promise((resolve) => setImmediate(resolve))
  expect([old.calls, replaced.calls]).toEqual([
    ['cork', 'uncork'],
    ['cork', 'uncork'],
  ])
})
