import { expect } from 'vitest'
import type { SubscriptionEvents } from '../../../src/subscriber/subscription-events.js'
import { HandlerError } from '../../../src/support/errors.js'
import { nextEvent, within } from '../latch.js'
import type { MemoryStage, Watched } from './memory-stage.js'
import type { Misuse } from './misuse.js'

/** Publishes a message that the handler fails with, and one after it; resolves to what was emitted. */
async function expectDeadLetter(stage: MemoryStage, { subscription, handled, errors }: Watched): Promise<unknown> {
  const stored = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter')
  await stage.publish('bad')
  const [letter] = await within(stored, 10_000, 'a dead letter')
  expect(letter.tries).toBe(2)
  await stage.publish('good')
  await handled.has('good')
  expect(errors).toHaveLength(1)
  return errors[0]
}

/** What a handler may throw that is no error, or none that can be looked at. */
const thrown: readonly unknown[] = [
  undefined,
  null,
  'a text',
  7,
  7n,
  Symbol('odd'),
  {},
  Object.create(null) as unknown,
  new Proxy({}, {}),
  {
    toString: () => {
      throw new Error('not today')
    },
  },
  Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('not today')
    },
  }),
  Object.defineProperty(new Error('x'), 'name', {
    get: () => {
      throw new Error('not today')
    },
  }),
  new Proxy(new Error('x'), {
    getPrototypeOf: () => {
      throw new Error('not today')
    },
  }),
]

export const handlerMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: 'A handler that never returns',
    outcome: '`error` is emitted after its last try, and the message is a dead letter; others are handled',
    code: 'HANDLER_TIMEOUT',
    async commit(stage) {
      const watched = await stage.watch({}, (message) =>
        'entityId' in message && message.entityId === 'bad' ? new Promise<void>(() => undefined) : undefined,
      )
      return expectDeadLetter(stage, watched)
    },
  },
  {
    what: 'A handler that throws before it returns a promise',
    outcome: 'as if it had rejected: tried again, then `error` and a dead letter',
    code: 'HANDLER',
    async commit(stage) {
      const watched = await stage.watch({}, (message) => {
        if ('entityId' in message && message.entityId === 'bad') throw new Error('at once')
      })
      return expectDeadLetter(stage, watched)
    },
  },
  {
    what: 'A handler that throws something other than an Error, or something that throws when it is read',
    outcome: 'the same; `cause` is what it threw',
    code: 'HANDLER',
    async commit(stage) {
      let told: unknown
      for (const [index, each] of thrown.entries()) {
        const fail = (): never => {
          throw each
        }
        const watched = await stage.watch({}, (message) => {
          if (!('entityId' in message) || message.entityId !== 'bad') return undefined
          return index % 2 === 0 ? fail() : Promise.resolve().then(fail)
        })
        told = await expectDeadLetter(stage, watched)
        expect(told instanceof HandlerError && Object.is(told.cause, each)).toBe(true)
        await watched.subscriber.close()
      }
      return told
    },
  },
  {
    what: 'A listener that throws',
    outcome: 'a process warning, or a line of the `logger`; everything else goes on',
    code: 'none',
    async commit(stage) {
      const lines: string[] = []
      const log = (line: string): void => void lines.push(line)
      const subscriber = await stage.subscriber({ logger: { debug: log, info: log, warn: log, error: log } })
      const subscription = subscriber.subscribe(() => undefined)
      subscription.on('state', () => {
        throw Object.create(null)
      })
      await subscription.caughtUp()
      await subscription.waitFor(await stage.publish('1'))
      expect(lines).toEqual(lines.map(() => expect.stringContaining('A listener of "state" threw') as string))
      expect(lines.length).toBeGreaterThan(0)
    },
  },
]
