import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../../src/log/log.js'
import type { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { compareStreamIds } from '../../../src/message/stream-id.js'
import { decodeFrame } from '../../../src/message/wire/decode-frame.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'
import { entriesOnly } from '../../support/retention.js'

const message = {
  message_id: 'm',
  timestamp: '2026-11-22T10:00:00.000Z',
  source_service: 'hostile',
  entity_type: 'User',
  entity_id: 'forged',
  action: 'Delete',
}

/** What stands where ours would stand: of any type, much too long, or almost right. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '1-1', '0-0', '18446744073709551615-1', '18446744073709551616-0', 'append0', 'append1', '\n'),
  fc.constant('x'.repeat(10_000)),
)
const field = fc.constantFrom(
  ...['stream_id', 'append_id', 'prev', 'traceparent', 'tracestate', 'trace_links', 'frame', '__proto__', 'metadata'],
  ...Object.keys(message),
)
const nearMessage = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(field, value), { maxLength: 4 }))
  .map(([whole, fields]) => {
    const members = [...Object.entries(whole ? message : {}), ...fields]
    return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`).join(',')}}`
  })
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 50 }), nearMessage, nearMessage)

type Step =
  | { readonly do: 'publish' | 'append'; readonly text: string }
  | { readonly do: 'forge'; readonly streamId: string }
  | { readonly do: 'invalidate' | 'cut' }
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('publish', 'append'), text }),
  fc.record({ do: fc.constant('forge'), streamId: fc.constantFrom('1-1', '0-0', '18446744073709551615-1') }),
  fc.record({ do: fc.constantFrom('invalidate', 'cut') }),
)

async function run(steps: readonly Step[]): Promise<{ live: Follower; late: Follower; good: Map<string, string> }> {
  const fleet = new VirtualFleet()
  const commands = fleet.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  const link = fleet.log.link()
  const live = await fleet.follow({ log: link })
  await fleet.caughtUp(live)
  /** The stream ID of each. */
  const good = new Map<string, string>()
  const appendGood = async (): Promise<void> => {
    const id = `good${good.size}`
    good.set(id, (await fleet.append(id)).position.streamId)
  }
  for (const [index, next] of steps.entries()) {
    if (next.do === 'publish') fleet.log.publish(next.text)
    else if (next.do === 'append')
      await fleet.runtime.runUntil(commands.append(`raw${index}`, next.text, entriesOnly(1_000)), 1_000)
    else if (next.do === 'forge') fleet.log.publish(forgery(fleet.log, next.streamId, index))
    else if (next.do === 'invalidate') await appendGood()
    else link.cut()
  }
  await appendGood()
  const late = await fleet.follow({ startAt: 'oldest' })
  for (const follower of [live, late]) await fleet.caughtUp(follower)
  await fleet.runtime.advance(5_000)
  return { live, late, good }
}

/** Whether a resync went on from this stream ID, or from a later one. */
function isCovered(streamId: string, { resyncs }: Follower): boolean {
  return resyncs.some(({ to }) => compareStreamIds(to?.split('@')[0] ?? '0-0', streamId) >= 0)
}

/** A message that pretends to continue the log. */
function forgery(log: MemoryLog, streamId: string, index: number): string {
  const prev = log.entries().at(-1)?.position.appendId ?? ''
  return JSON.stringify({ stream_id: streamId, append_id: `forged${index}`, prev, ...message })
}

function ignore(): void {
  // What becomes of it is seen in what is handled.
}

describe('whatever stands on the channel and in the log', () => {
  it('costs no good message, a resync only for what can not be read or is too large, and a few errors at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { live, late, good } = await run(steps)
        const isUnreadable = steps.some((each) => each.do === 'append' && decodeFrame(each.text).rejected.length > 0)
        for (const follower of [live, late]) {
          const { handled, resyncs, errors, subscription } = follower
          for (const [id, streamId] of good) expect(handled.includes(id) || isCovered(streamId, follower)).toBe(true)
          const reasons = resyncs.map(({ reason }) => reason).filter((reason) => reason !== 'oversized')
          expect(reasons).toEqual(reasons.map(() => 'unreadable'))
          // An entry whose own fields hide its place may be taken for a message that is too large: that covers it too.
          if (isUnreadable) expect(resyncs.length).toBeGreaterThan(0)
          else expect(reasons).toEqual([])
          // Three kinds, from the subscriber for what came live and from the subscription for what was read.
          const strays = errors.filter(({ message }) => message.startsWith('Frames out of place'))
          expect(strays.length).toBeLessThanOrEqual(steps.some((each) => each.do === 'forge') ? 1 : 0)
          const garbage = errors.filter((error) => !strays.includes(error))
          expect(garbage.length).toBeLessThanOrEqual(6)
          expect(garbage.map((error) => 'code' in error && error.code)).toEqual(garbage.map(() => 'INVALID_MESSAGE'))
          expect(subscription.state).toBe('live')
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('garbage by the thousand', () => {
  it('is counted, told once, and waits in no queue while a handler is slow', async () => {
    const fleet = new VirtualFleet()
    const release = Promise.withResolvers<undefined>()
    const follower = await fleet.follow({ handler: () => release.promise })
    await fleet.caughtUp(follower)
    await fleet.append('slow')
    await fleet.runtime.settle()
    for (let index = 0; index < 2_000; index++) fleet.log.publish('{}')
    await fleet.runtime.settle()
    expect(follower.subscription.counts).toMatchObject({ invalid: 2_000, foreign: 0 })
    expect(follower.subscription.freshness().behind).toBe(1)
    expect(follower.errors).toHaveLength(1)
    release.resolve(undefined)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['slow'])
  })

  it('that claims a place in the log is dropped where too much of it waits', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ maxBuffered: 100 })
    await fleet.caughtUp(follower)
    for (let index = 0; index < 2_000; index++) {
      fleet.log.publish(`{"stream_id":"1-1","append_id":"x${index}","prev":"nowhere"}`)
    }
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.counts).toMatchObject({ invalid: 2_000, resyncs: 0 })
  })

  it('is told again a minute later, with how many came meanwhile', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    const publish = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) fleet.log.publish('garbage')
      await fleet.runtime.settle()
    }
    await publish(10)
    await fleet.runtime.advance(60_000)
    await publish(5)
    expect(follower.errors.map(({ message: said }) => said)).toEqual([
      expect.not.stringContaining('more of this kind'),
      expect.stringContaining('and 9 more of this kind'),
    ])
  })
})

/** The log to a reader that may not write, behind an entry that somebody added by hand: it has no anchor. */
function withoutAnchor(log: MemoryLog): InvalidationLog & { blocked: boolean } {
  const changed = changeCommands(log.link(), (commands) => ({
    anchor: async (...args) => (reader.blocked ? undefined : commands.anchor(...args)),
  }))
  const reader = { ...changed, blocked: false }
  return reader
}

describe('a log without an entry to anchor to', () => {
  it('is one resync for each head, and none while the head stays', async () => {
    const fleet = new VirtualFleet()
    const log = withoutAnchor(fleet.log)
    const follower = await fleet.follow({ log })
    await fleet.append('1')
    await fleet.caughtUp(follower)
    log.blocked = true
    const [entry] = fleet.log.entries().slice(-1)
    fleet.log.deleteEntries(entry?.position.streamId ?? '')
    // Somebody deleted its anchor, and the link comes back: it must read the log.
    fleet.log.cut()
    await fleet.runtime.advance(60_000)
    expect(follower.resyncs).toMatchObject([{ reason: 'deleted', to: undefined }])
    expect(follower.subscription.state).toBe('live')
    await fleet.caughtUp(follower)
    fleet.log.cut()
    await fleet.runtime.advance(60_000)
    expect(follower.resyncs).toHaveLength(1)
    await fleet.append('2')
    await fleet.runtime.advance(60_000)
    expect(follower.resyncs).toMatchObject([{ reason: 'deleted' }, { reason: 'no-position' }])
    log.blocked = false
    await fleet.append('3')
    await fleet.runtime.advance(60_000)
    expect(follower.resyncs).toHaveLength(3)
    await fleet.append('4')
    await fleet.runtime.advance(60_000)
    expect(follower.handled.slice(-2)).toEqual(['*', '4'])
    expect(follower.resyncs).toHaveLength(3)
  })
})
