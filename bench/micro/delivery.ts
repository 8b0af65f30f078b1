import type { Position } from '../../src/log/model/position.js'
import { deleteMessage } from '../../src/message/create-message.js'
import { judgeArrival } from '../../src/subscriber/follow/continuity.js'
import { AcceptedEntries } from '../../src/subscriber/follow/history.js'
import type { Work } from '../../src/subscriber/handling/delivery.js'
import { Dispatcher } from '../../src/subscriber/handling/dispatcher.js'
import { Watermark } from '../../src/subscriber/progress/progress.js'
import { systemRuntime } from '../../src/support/runtime.js'
import { SubscriptionCounters } from '../../src/telemetry/counters.js'
import { type MicroCase, oursInTasks } from './task.js'

const entries = 1_000
const frames = 10
const messagesPerFrame = 100

const chain: readonly Position[] = Array.from({ length: entries }, (_, index) => ({
  streamId: `1795365850251-${index}`,
  appendId: `abcdefgh${index.toString(36)}`,
}))

/** The live rule for an entry that continues the history, and remembering it. */
export const continuity: MicroCase = {
  name: 'continuity',
  tasks: [
    {
      ...oursInTasks,
      operations: entries,
      run() {
        const accepted = new AcceptedEntries()
        let position: Position | undefined
        for (const next of chain) {
          const arriving = { position: next, prev: position?.appendId ?? '' }
          if (position !== undefined && judgeArrival(position, accepted, arriving) !== 'deliver') continue
          position = next
          accepted.add(next)
        }
        return accepted.sequence
      },
    },
  ],
}

/** From a queue of frames of 100 to a handler that only counts; per message. */
export const dispatch: MicroCase = {
  name: 'dispatch',
  tasks: [{ ...oursInTasks, operations: frames * messagesPerFrame, run: dispatchFrames }],
}

let handled = 0
const dispatcher = new Dispatcher({
  handler: () => {
    handled++
  },
  concurrency: 1,
  retry: { forMs: 600_000, tries: 1_000_000, minDelayMs: 100, maxDelayMs: 30_000, maxWaiting: 1_000, order: 'any' },
  reportAfterMs: 1_000,
  handlerTimeoutMs: 30_000,
  runtime: systemRuntime,
  counters: new SubscriptionCounters(),
  onGivenUp({ error }) {
    throw error
  },
  onError(error) {
    throw error
  },
})
const work: Work = {
  messages: Array.from({ length: messagesPerFrame }, (_, index) => deleteMessage('user', String(index), 'bench')),
  origin: { mode: 'live', position: '1795365850251-0@abcdefgh' },
  handled: () => undefined,
}

async function dispatchFrames(): Promise<number> {
  const before = handled
  for (let frame = 0; frame < frames; frame++) dispatcher.push([work])
  await dispatcher.when(() => dispatcher.pending === 0)
  return handled - before
}

/** Added in order and finished in pairs, the later first. */
export const watermark: MicroCase = {
  name: 'watermark',
  tasks: [
    {
      ...oursInTasks,
      operations: entries,
      run() {
        let advanced = 0
        const mark = new Watermark<number>(() => advanced++)
        for (let index = 0; index < entries; index += 2) {
          const finishFirst = mark.add(index)
          const finishSecond = mark.add(index + 1)
          finishSecond()
          finishFirst()
        }
        return advanced
      },
    },
  ],
}
