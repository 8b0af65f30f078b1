import { expect, it } from 'vitest'
import { formatPosition } from '../../../src/log/model/position.js'
import { encodeMessage } from '../../support/encode-message.js'
import { deleteMessage } from '../../../src/message/create-message.js'
import { version } from '../../../src/support/version.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'
import { entriesOnly } from '../../support/retention.js'

/** A frame of a form that nobody knows yet. */
const newer = '{"later":[["1"]],"version":"9.1.0"}'

class Rig {
  readonly fleet = new VirtualFleet()
  readonly #commands = this.fleet.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  #appends = 0

  /** Appends a frame as it is; resolves to its position. */
  async append(frame: string): Promise<string> {
    while (!this.#commands.up) await this.fleet.runtime.advance(10)
    const appending = this.#commands.append(`raw${this.#appends++}`, frame, entriesOnly(1_000_000))
    return formatPosition((await this.fleet.runtime.runUntil(appending, 1_000)).position)
  }

  message(id: string): string {
    return encodeMessage(deleteMessage('user', id, 'test', { runtime: this.fleet.runtime }))
  }

  /** Appends a frame of a newer form every 10 ms. */
  async flood(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      await this.append(newer)
      await this.fleet.runtime.advance(10)
    }
  }
}

function ignore(): void {
  // Only what subscriptions make of it counts.
}

function reasonsOf(follower: Follower): string[] {
  return follower.resyncs.map(({ reason }) => reason)
}

it('an entry that a newer version wrote is one resync, live and in a replay, and the error names both versions', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const live = await fleet.follow()
  await fleet.caughtUp(live)
  await fleet.append('before')
  await rig.append(newer)
  await fleet.caughtUp(live)
  await fleet.append('after')
  const late = await fleet.follow({ startAt: 'oldest' })
  for (const follower of [live, late]) {
    await fleet.caughtUp(follower)
    expect(reasonsOf(follower)).toEqual(['unreadable'])
    expect(follower.handled).toContain('*')
    expect(follower.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        new RegExp(
          `was written by version 9\\.1\\.0 and can't be read by ${version.replaceAll('.', '\\.')}.*update this service`,
        ),
      ),
    ])
    expect(follower.errors).toMatchObject([{ code: 'INVALID_MESSAGE', reason: 'version' }])
  }
  expect(live.handled).toEqual(['before', '*', 'after'])
  expect(live.deliveries[1]).toMatchObject({ mode: 'resync', reason: 'unreadable' })
})

it('an entry of which only a part can be read is a resync as well, and what follows it is not lost', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const late = async (): Promise<Follower> => {
    const follower = await fleet.follow({ startAt: 'oldest' })
    await fleet.caughtUp(follower)
    return follower
  }
  await rig.append(`{"frame":[${rig.message('1')},{"message_id":7}]}`)
  await fleet.append('2')
  const follower = await late()
  expect(reasonsOf(follower)).toEqual(['unreadable'])
  expect(follower.resyncs[0]?.to).toBe(follower.subscription.position)
  expect(follower.subscription.counts.invalid).toBe(1)
  await fleet.append('3')
  await fleet.caughtUp(follower)
  expect(follower.handled.at(-1)).toBe('3')
})

it('no position moves over a live frame that can not be read before everything was evicted', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const evicting = Promise.withResolvers<undefined>()
  const follower = await fleet.follow({
    handler: (message) => (message.action === 'pattern' ? evicting.promise : undefined),
  })
  await fleet.caughtUp(follower)
  await fleet.append('1')
  await fleet.runtime.advance(100)
  const before = follower.subscription.position
  const unreadable = await rig.append(newer)
  let waited = false
  const waiting = follower.subscription.waitFor(unreadable, { timeoutMs: 60_000 }).then(() => {
    waited = true
  })
  await fleet.append('2')
  await fleet.runtime.advance(5_000)
  expect([waited, follower.subscription.position]).toEqual([false, before])
  evicting.resolve(undefined)
  await fleet.runtime.runUntil(waiting, 1_000)
  await fleet.caughtUp(follower)
})

it('`onResync: notify` gets the event, and the handler gets what can be read', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const follower = await fleet.follow({ onResync: 'notify' })
  await fleet.caughtUp(follower)
  await rig.append(newer)
  await fleet.append('1')
  await fleet.caughtUp(follower)
  await fleet.append('2')
  await fleet.caughtUp(follower)
  expect(reasonsOf(follower)).toEqual(['unreadable'])
  expect(follower.handled).not.toContain('*')
  expect(follower.handled.at(-1)).toBe('2')
})

it('garbage on the channel that is not in the log evicts nothing, with a place in the log and without', async () => {
  const { fleet } = new Rig()
  const follower = await fleet.follow()
  await fleet.caughtUp(follower)
  const { position } = await fleet.append('1')
  await fleet.runtime.advance(100)
  fleet.log.publish(
    `{"stream_id":"${position.streamId}1","append_id":"forged","prev":"${position.appendId}",${newer.slice(1)}`,
  )
  fleet.log.publish(newer)
  fleet.log.publish('garbage')
  await fleet.append('2')
  await fleet.caughtUp(follower)
  expect(follower.resyncs).toEqual([])
  expect(follower.handled).toEqual(['1', '2'])
  expect(follower.subscription.counts.invalid).toBe(3)
  expect(follower.errors.map((error) => 'reason' in error && error.reason).toSorted()).toEqual([
    'json',
    'version',
    'version',
  ])
})

it('a hundred entries a second that can not be read are a few resyncs, ever further apart, and one error a minute', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const at: number[] = []
  const follower = await fleet.follow()
  follower.subscription.on('resync', () => at.push(Math.round(fleet.runtime.monotonic() / 1_000)))
  await fleet.caughtUp(follower)
  await rig.flood(59_000)
  const pauses = at.slice(1).map((each, index) => each - (at[index] ?? 0))
  expect(pauses).toEqual([0, 1, 2, 4, 8, 16])
  expect(new Set(reasonsOf(follower))).toEqual(new Set(['unreadable']))
  expect(follower.errors).toHaveLength(1)
  expect(follower.handled).toEqual(Array.from(at, () => '*'))
  expect(follower.subscription.health()).toMatchObject({ status: 'degraded', reasons: ['replaying', 'unverified'] })
  await fleet.caughtUp(follower)
  expect(follower.handled).toHaveLength(at.length)
  expect(follower.subscription.health().status).toBe('up')
  const { position } = await fleet.append('after')
  await fleet.runtime.advance(0)
  expect(follower.subscription.position).toBe(formatPosition(position))
})

it('what can be read is handled at once while a resync waits for its turn, and nothing is vouched for', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const follower = await fleet.follow({ maxBuffered: 4 })
  await fleet.caughtUp(follower)
  await rig.flood(5_000)
  const { verifiedAt } = follower.subscription.freshness()
  const resyncs = follower.resyncs.length
  await fleet.append('readable')
  await fleet.runtime.advance(0)
  expect(follower.handled.at(-1)).toBe('readable')
  await fleet.append(...Array.from({ length: 10 }, (_, index) => `much${index}`))
  await fleet.runtime.advance(1_000)
  expect(follower.resyncs).toHaveLength(resyncs)
  expect(follower.subscription.freshness().verifiedAt).toBe(verifiedAt)
  await fleet.caughtUp(follower)
  expect(follower.resyncs).toHaveLength(resyncs + 1)
})

it('a subscription that is closed while a resync waits for its turn sets no timer that outlives it', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const follower = await fleet.follow()
  await fleet.caughtUp(follower)
  await rig.flood(5_000)
  const handled = follower.handled.length
  await fleet.runtime.runUntil(follower.subscriber.close(), 10)
  const never = new Promise(() => undefined)
  await expect(fleet.runtime.runUntil(never, 10)).rejects.toThrow('no timer is left')
  expect(follower.handled).toHaveLength(handled)
  expect(fleet.log.entries().at(-1)?.frame).toBe(newer)
})

it('two resyncs that are long apart have no pause between them', async () => {
  const rig = new Rig()
  const { fleet } = rig
  const follower = await fleet.follow()
  await fleet.caughtUp(follower)
  for (let time = 1; time <= 8; time++) {
    await rig.append(newer)
    await fleet.runtime.advance(100)
    expect(follower.resyncs).toHaveLength(time)
    await fleet.runtime.advance(15_000)
  }
})

it('a dead letter that holds no message is not appended to the log when it is redriven', async () => {
  const { fleet } = new Rig()
  const follower = await fleet.follow()
  await fleet.caughtUp(follower)
  const commands = fleet.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  while (!commands.up) await fleet.runtime.advance(10)
  const letter = { message: newer, error: 'odd', subscriber: 'cache', tries: 3 }
  await fleet.runtime.runUntil(commands.addDeadLetter(letter, 100), 1_000)
  const redriven = await fleet.runtime.runUntil(follower.subscriber.deadLetters.redrive(), 1_000)
  expect(redriven).toMatchObject({ redriven: 0, failed: 1, error: { code: 'INVALID_MESSAGE' } })
  await fleet.caughtUp(follower)
  expect(follower.resyncs).toEqual([])
})
