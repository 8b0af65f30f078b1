import { expect, test } from 'vitest'
import {
  type Appended,
  type InvalidationLog,
  type InvalidationMessage,
  InvalidationPublisher,
  InvalidationSubscriber,
  redisCursor,
} from '../../../src/index.js'
import { noting, OwnLog } from '../../support/own-log.js'

function idOf(message: InvalidationMessage): string {
  return message.action === 'delete' ? message.entityId : message.action
}

/** Follows the log until everything up to `position` is handled; resolves to the ids, in order. */
async function handledUpTo(position: string, log: InvalidationLog, startAt: 'oldest' | 'head'): Promise<string[]> {
  const handled: string[] = []
  await using subscriber = await InvalidationSubscriber.connect(log)
  const subscription = subscriber.subscribe((message) => void handled.push(idOf(message)), {
    name: 'cache',
    cursor: redisCursor(),
    startAt,
  })
  await subscription.waitFor(position)
  return handled
}

test('a log written with the public types alone carries invalidations, live and from a cursor', async () => {
  const log = new OwnLog()
  await using publisher = await InvalidationPublisher.connect(log, 'user-service')
  await publisher.invalidate('user', '1')
  const { position } = await publisher.invalidate('user', '2')
  expect(await handledUpTo(position, log, 'oldest')).toEqual(['1', '2'])
  const missed = await publisher.invalidate('user', '3')
  expect(await handledUpTo(missed.position, log, 'head')).toEqual(['3'])

  const live = Promise.withResolvers<string>()
  await using subscriber = await InvalidationSubscriber.connect(log)
  const subscription = subscriber.subscribe((message) => live.resolve(idOf(message)))
  await subscription.caughtUp()
  expect(await publisher.invalidate('user', '4')).toMatchObject({ receivers: 1 })
  expect(await live.promise).toBe('4')
})

test('a log written with the public types alone keeps dead letters', async () => {
  const log = new OwnLog()
  await using publisher = await InvalidationPublisher.connect(log, 'user-service')
  await using subscriber = await InvalidationSubscriber.connect(log)
  const lost = Promise.withResolvers<string>()
  const subscription = subscriber.subscribe(() => Promise.reject(new Error('no')), {
    retry: { forMs: 0 },
    onDeadLetter: 'keep',
  })
  subscription.on('error', () => undefined)
  subscription.on('deadLetter', ({ id }) => lost.resolve(id))
  await subscription.caughtUp()
  await publisher.invalidate('user', '1')
  const id = await lost.promise
  expect(await subscriber.deadLetters.list()).toMatchObject([{ id, tries: 1 }])
  expect(await subscriber.deadLetters.purge()).toBe(1)
  expect(await subscriber.deadLetters.list()).toEqual([])
})

test('a wrapper written with the public types alone sees what is appended through it', async () => {
  const log = new OwnLog()
  const noted: Appended[] = []
  await using publisher = await InvalidationPublisher.connect(
    noting(log, (appended) => noted.push(appended)),
    'user-service',
  )
  const { position } = await publisher.invalidate('user', '1')
  expect(noted.map(({ position: { streamId, appendId } }) => `${streamId}@${appendId}`)).toEqual([position])
})
