/**
 * A subscriber whose handler takes 10 ms as a process of its own: `slow-process.ts <url> <channel>`. Prints `{"state": …}`
 * and `{"resync": …}` as they come. Told `{"tell": "report"}` it prints a {@link SlowReport}; told `{"tell": "finish"}`,
 * its handler takes no time from then on, and the report comes when it has caught up.
 */
import { createInterface } from 'node:readline'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { InvalidationSubscriber } from '../../src/index.js'
import { collectGarbage } from './collect-garbage.js'
import { ResyncedSequence } from './resynced-sequence.js'

/** Memory is in MiB. */
export interface SlowReport {
  readonly behind: number
  /** The highest id that was handled, or is covered by a resync. */
  readonly reached: number
  /** Ids that came out of turn. */
  readonly misplaced: number
  /** Whether the last that was handled is a resync, which covers whatever came before it. */
  readonly endsWithResync: boolean
  /** What the operating system gives to the process: when it had caught up at the start, and the most since, sampled. */
  readonly rss: { readonly before: number; readonly most: number }
  /** What is in use after a collection, on the heap and outside of it: when it had caught up at the start, and now. */
  readonly inUse: { readonly before: number; readonly now: number }
}

const mebibyte = 1024 * 1024
const sampleMs = 50

const [url = '', channel = ''] = process.argv.slice(2)
const sequence = new ResyncedSequence()
let handlerMs = 10

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function rss(): number {
  return Math.round(process.memoryUsage.rss() / mebibyte)
}

async function inUse(): Promise<number> {
  // What is outside of the heap is let go of after the collection that found it unused.
  for (let round = 0; round < 2; round++) {
    collectGarbage()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / mebibyte)
}

const subscriber = await InvalidationSubscriber.connect(url, { channel })
const subscription = subscriber.subscribe((message, delivery) => {
  sequence.add(message, delivery)
  return handlerMs > 0 ? setTimeout(handlerMs) : undefined
})
subscription.on('resync', ({ reason }) => {
  print({ resync: reason })
})
await subscription.caughtUp()
const before = { rss: rss(), inUse: await inUse() }
let most = before.rss
setInterval(() => {
  most = Math.max(most, rss())
}, sampleMs)
subscription.on('state', (state) => {
  print({ state })
})
print({ state: subscription.state })

async function report(): Promise<void> {
  const { behind } = subscription.freshness()
  const { reached, misplaced, endsWithResync } = sequence
  const memory = { rss: { before: before.rss, most }, inUse: { before: before.inUse, now: await inUse() } }
  print({ report: { ...memory, behind, reached, misplaced, endsWithResync } satisfies SlowReport })
}

createInterface(process.stdin).on('line', (line) => {
  if (!line.includes('finish')) {
    void report()
    return
  }
  handlerMs = 0
  void subscription.caughtUp({ timeoutMs: 60_000 }).then(report)
})
