/**
 * Subscribes as a process of its own: `measured-subscriber.ts <url> <channel>`. Asked to expect messages it answers once
 * calls are counted; then asked what ran, it answers when as many messages are handled, with what ran up to the end of
 * the first handler.
 */
import { serveRequests } from '../../../bench/workers/serve.js'
import { InvalidationSubscriber } from '../../../src/index.js'
import { Coverage, type RanFunction } from './coverage.js'
import { quiet } from './quiet.js'

/** Asks to count calls until this many messages are handled, or asks which functions were called. */
export type FollowRequest = { readonly ask: 'expect'; readonly messages: number } | { readonly ask: 'ran' }

interface Measurement {
  readonly ran: Promise<RanFunction[]>
  readonly handled: () => void
}

const [, , url = '', channel = ''] = process.argv
const coverage = new Coverage()
let measurement = measure(0)

const subscriber = await InvalidationSubscriber.connect(url, { channel, ...quiet, announce: false })
const subscription = subscriber.subscribe(() => measurement.handled())
await subscription.caughtUp()

function measure(expected: number): Measurement {
  const { promise, resolve } = Promise.withResolvers<RanFunction[]>()
  let count = 0
  let ran: RanFunction[] = []
  coverage.take()
  return {
    ran: promise,
    handled: () => {
      count += 1
      if (count === 1) ran = coverage.take()
      if (count === expected) resolve(ran)
    },
  }
}

function isRequest(value: unknown): value is FollowRequest {
  if (typeof value !== 'object' || value === null || !('ask' in value)) return false
  return value.ask === 'ran' || (value.ask === 'expect' && 'messages' in value && typeof value.messages === 'number')
}

serveRequests(isRequest, async (request) => {
  if (request.ask === 'ran') return measurement.ran
  measurement = measure(request.messages)
  return 'expecting'
})
