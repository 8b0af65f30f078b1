import { expect } from 'vitest'
import type { WaitOptions } from '../../../src/subscriber/progress/waiters.js'
import { MemoryStage } from './memory-stage.js'
import { eachOf, type Misuse, rejectionOf } from './misuse.js'

const notPositions: readonly unknown[] = [
  '',
  'garbage',
  '1-1',
  '1-1@',
  '@a',
  '1-1@a b',
  '1-1@a\n',
  'x'.repeat(1_000_000),
  `1-1@${'a'.repeat(65)}`,
  '18446744073709551616-0@a',
  undefined,
  null,
  7,
  {},
]

export const waitingMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: '`waitFor()` with what is no position',
    outcome: 'it rejects',
    code: 'INVALID_MESSAGE',
    async commit(stage) {
      const { subscription } = await stage.watch()
      return eachOf(notPositions, (position) => subscription.waitFor(position as string))
    },
  },
  {
    what: '`waitFor()` with a position of another channel',
    outcome:
      'it rejects after `timeoutMs`, or a resync ends it; where it is older than the whole log it counts as handled, as its own do',
    code: 'WAIT_TIMEOUT',
    async commit(stage) {
      const { subscription } = await stage.watch()
      await stage.publish('1')
      const other = new MemoryStage()
      const position = await other.publish('2')
      await other.dispose()
      return rejectionOf(subscription.waitFor(position, { timeoutMs: 50 }))
    },
  },
  {
    what: '`waitFor()` or `caughtUp()` with options that are none, or a `signal` that is none',
    outcome: 'they reject',
    code: 'CONFIGURATION',
    async commit(stage) {
      const { subscription } = await stage.watch()
      const ways = [null, 5, { timeoutMs: -1 }, { timeout: 5 }, { signal: {} }, { signal: null }].flatMap((options) => [
        () => subscription.waitFor('1-1@a', options as WaitOptions),
        () => subscription.caughtUp(options as WaitOptions),
      ])
      return eachOf(ways, (way) => way())
    },
  },
  {
    what: '`waitFor()` or `caughtUp()` with a `signal` that is aborted already',
    outcome: "they reject with the signal's reason",
    code: 'none',
    async commit(stage) {
      const { subscription } = await stage.watch()
      const reason = new Error('too late')
      const signal = AbortSignal.abort(reason)
      expect(await rejectionOf(subscription.waitFor('1-1@a', { signal }))).toBe(reason)
      const error = await rejectionOf(subscription.caughtUp({ signal }))
      expect(error).toBe(reason)
      return error
    },
  },
]
