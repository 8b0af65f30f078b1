import { beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationLog } from '../../../../src/log/log.js'
import { ConfigurationError } from '../../../../src/support/errors.js'
import { MemoryLog } from '../../../../src/testing.js'
import { RecordingListener } from '../../../support/recording-listener.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'
import { entriesOnly } from '../../../support/retention.js'

const frame = '{"message_id":"m1"}'
const retention = { maxEntries: 1_000, maxBytes: 2 ** 40, maxAgeMs: undefined }
const reconnectMs = 50

let runtime: VirtualRuntime
let log: MemoryLog

beforeEach(() => {
  runtime = new VirtualRuntime()
  log = new MemoryLog({ runtime, reconnectMs })
})

async function openCommands(to: InvalidationLog = log) {
  const listener = new RecordingListener()
  const commands = to.openCommands(listener)
  await runtime.settle()
  return { commands, listener }
}

async function openFeed(to: InvalidationLog = log) {
  const listener = new RecordingListener()
  const feed = to.openFeed(listener)
  await runtime.settle()
  return { feed, listener }
}

/** The append ids of what a feed delivered. */
function delivered(listener: RecordingListener): string[] {
  return listener.messages.map((text) => /"append_id":"(\w+)"/.exec(text)?.[1] ?? '')
}

async function run<T>(promise: Promise<T>): Promise<T> {
  return runtime.runUntil(promise, 10_000)
}

describe('faults of the live channel', () => {
  it('drop, repeat or hold back the next messages, and no others', async () => {
    const { commands } = await openCommands()
    const { listener } = await openFeed()
    log.drop(2)
    for (const id of ['a', 'b', 'c']) await run(commands.append(id, frame, retention))
    await runtime.settle()
    expect(delivered(listener)).toEqual(['c'])
    log.duplicate(1)
    for (const id of ['d', 'e']) await run(commands.append(id, frame, retention))
    await runtime.settle()
    expect(delivered(listener)).toEqual(['c', 'd', 'd', 'e'])
    log.delay(1, 500)
    for (const id of ['f', 'g']) await run(commands.append(id, frame, retention))
    await runtime.advance(499)
    expect(delivered(listener)).toHaveLength(4)
    await runtime.advance(1)
    expect(delivered(listener).slice(4)).toEqual(['f', 'g'])
  })

  it('deafen a feed until it reconnects: it stays up, counts as a receiver and answers pings', async () => {
    const { commands } = await openCommands()
    const { feed, listener } = await openFeed()
    log.deafen()
    expect(await run(commands.append('a', frame, retention))).toMatchObject({ receivers: 1 })
    await run(feed.ping())
    expect([feed.up, listener.messages]).toEqual([true, []])
    feed.reconnect()
    await runtime.settle()
    await run(commands.append('b', frame, retention))
    await runtime.settle()
    expect(delivered(listener)).toEqual(['b'])
  })

  it('lose what is on its way when the feed goes down', async () => {
    const { commands } = await openCommands()
    const { listener } = await openFeed()
    log.delay(1, 100)
    await run(commands.append('a', frame, retention))
    log.cut('feeds')
    await runtime.advance(1_000)
    expect(listener.events).toEqual(['up', 'down', 'up'])
    expect(listener.messages).toEqual([])
  })
})

describe('faults of connections', () => {
  it('cut those of one kind, for the time that a reconnect takes', async () => {
    const { commands, listener } = await openCommands()
    const { feed, listener: feedListener } = await openFeed()
    log.cut('commands')
    expect([commands.up, feed.up]).toEqual([false, true])
    await runtime.advance(reconnectMs - 1)
    expect(commands.up).toBe(false)
    await runtime.advance(1)
    expect(commands.up).toBe(true)
    log.cut()
    expect([commands.up, feed.up]).toEqual([false, false])
    await runtime.advance(reconnectMs)
    expect(listener.events).toEqual(['up', 'down', 'up', 'down', 'up'])
    expect(feedListener.events).toEqual(['up', 'down', 'up'])
  })

  it('lose an acknowledgement: the append stands, its call rejects, the connection goes down', async () => {
    const { commands, listener } = await openCommands()
    log.loseAcknowledgements(1)
    await expect(run(commands.append('a', frame, retention))).rejects.toMatchObject({ kind: 'disconnected' })
    expect(log.entries().map(({ position }) => position.appendId)).toEqual(['a'])
    await runtime.advance(reconnectMs)
    expect(listener.events).toEqual(['up', 'down', 'up'])
    expect(await run(commands.append('b', frame, retention))).toMatchObject({ prev: 'a' })
  })

  it('strike only the connections of the link they are called on', async () => {
    const link = log.link()
    const { commands: near } = await openCommands(link)
    const { commands: far } = await openCommands()
    const { listener: nearFeed } = await openFeed(link)
    const { listener: farFeed } = await openFeed()
    link.drop(1)
    await run(far.append('a', frame, retention))
    await runtime.settle()
    expect([delivered(nearFeed), delivered(farFeed)]).toEqual([[], ['a']])
    link.cut()
    expect([near.up, far.up]).toEqual([false, true])
    log.cut()
    expect(far.up).toBe(false)
    await runtime.advance(reconnectMs)
    link.refuseWrites('readonly')
    await expect(run(near.append('b', frame, retention))).rejects.toMatchObject({ kind: 'readonly' })
    await run(far.append('b', frame, retention))
    await runtime.advance(reconnectMs)
    link.refuseWrites(undefined)
    log.refuseWrites('refused')
    await expect(run(near.append('c', frame, retention))).rejects.toMatchObject({ kind: 'refused' })
    log.refuseWrites(undefined)
    await run(near.append('c', frame, retention))
  })

  it('take the server away, and bring it back', async () => {
    const { commands, listener } = await openCommands()
    log.goDown()
    await runtime.advance(10 * reconnectMs)
    expect(commands.up).toBe(false)
    expect(listener.count('error')).toBeGreaterThan(5)
    log.comeBack()
    await runtime.advance(reconnectMs)
    expect(commands.up).toBe(true)
  })
})

describe('a failover', () => {
  it('loses the newest entries as if they had never been: `last` goes back, the history has another name', async () => {
    const { commands, listener } = await openCommands()
    const { listener: feedListener } = await openFeed()
    const ids = ['a', 'b', 'c', 'd']
    for (const id of ids) await run(commands.append(id, frame, retention))
    const history = await run(commands.replication())
    log.failOver({ lose: 2 })
    expect(log.entries().map(({ position }) => position.appendId)).toEqual(['a', 'b'])
    await runtime.advance(reconnectMs)
    expect(await run(commands.replication())).not.toBe(history)
    expect(await run(commands.head())).toBe('b')
    expect(await run(commands.append('e', frame, retention))).toMatchObject({ prev: 'b' })
    expect(await run(commands.inspect({ streamId: '1-1', appendId: 'x' }))).toMatchObject({ added: 3, last: 'e' })
    expect([listener.events, feedListener.events]).toEqual([
      ['up', 'down', 'up'],
      ['up', 'down', 'up'],
    ])
  })

  it('can leave feeds connected, and what is on its way to them arrives', async () => {
    const { commands } = await openCommands()
    const { listener } = await openFeed()
    log.delay(1, 10)
    await run(commands.append('a', frame, retention))
    log.failOver({ lose: 1, keep: 'feeds' })
    await runtime.advance(100)
    expect(log.entries()).toEqual([])
    expect([listener.events, delivered(listener)]).toEqual([['up'], ['a']])
  })

  it('of a log whose `last` was evicted leaves it evicted', async () => {
    const { commands } = await openCommands()
    await run(commands.append('a', frame, retention))
    log.evictLast()
    await run(commands.append('b', frame, retention))
    log.failOver({ lose: 1 })
    await runtime.advance(reconnectMs)
    expect(await run(commands.inspect({ streamId: '1-1', appendId: 'x' }))).toMatchObject({ last: undefined })
    expect(await run(commands.head())).toBe('a')
  })
})

describe('the server', () => {
  it('gives stream IDs that tell time and never go back, though its clock does', async () => {
    const { commands } = await openCommands()
    const now = runtime.now()
    const ids: string[] = []
    const appendOne = async (): Promise<void> => {
      ids.push((await run(commands.append(`a${ids.length}`, frame, retention))).position.streamId)
    }
    await appendOne()
    await appendOne()
    log.stepClock(-5_000)
    await appendOne()
    await runtime.advance(6_000)
    await appendOne()
    log.clear()
    log.stepClock(-60_000)
    await appendOne()
    expect(ids).toEqual([`${now}-0`, `${now}-1`, `${now}-2`, `${now + 1_000}-0`, `${now - 59_000}-0`])
  })

  it('caps by whole nodes as Redis does, or exactly', async () => {
    for (const [nodeSize, least, most] of [
      [100, 250, 349],
      [1, 250, 250],
    ] as const) {
      const capped = new MemoryLog({ runtime, nodeSize })
      const { commands } = await openCommands(capped)
      const lengths: number[] = []
      for (let index = 0; index < 700; index++) {
        await run(commands.append(`a${index}`, frame, entriesOnly(250)))
        lengths.push(capped.entries().length)
      }
      expect(Math.min(...lengths.slice(250))).toBe(least)
      expect(Math.max(...lengths)).toBe(most)
    }
  })

  it('keeps no more bytes than it may, and its newest entry, whatever its size', async () => {
    const { commands } = await openCommands()
    const sized = (size: number): string => `{"x":"${'y'.repeat(size)}"}`
    const keeping = { ...retention, maxBytes: 1_000 }
    for (const id of ['a', 'b', 'c', 'd', 'e']) await run(commands.append(id, sized(250), keeping))
    expect(log.entries().map(({ position }) => position.appendId)).toEqual(['c', 'd', 'e'])
    await run(commands.append('f', sized(5_000), keeping))
    expect(log.entries().map(({ position }) => position.appendId)).toEqual(['f'])
  })

  it('drops what is too old with an append, a trim and a marker, and keeps its newest entry', async () => {
    const { commands } = await openCommands()
    const aged = { ...retention, maxAgeMs: 1_000 }
    const kept = (): (string | undefined)[] => log.entries().map(({ position }) => position.appendId)
    for (const id of ['a', 'b']) await run(commands.append(id, frame, aged))
    await runtime.advance(600)
    await run(commands.append('c', frame, aged))
    expect(kept()).toEqual(['a', 'b', 'c'])
    await runtime.advance(600)
    await run(commands.append('d', frame, aged))
    expect(kept()).toEqual(['c', 'd'])
    await runtime.advance(5_000)
    expect(kept()).toEqual(['c', 'd'])
    await run(commands.trim(aged))
    expect(kept()).toEqual(['d'])
    for (const id of ['e', 'f']) await run(commands.append(id, frame, aged))
    await runtime.advance(5_000)
    // Without its newest entry, the log needs a marker.
    log.deleteEntries(log.entries()[1]?.position.streamId ?? '')
    expect(kept()).toEqual(['e'])
    await run(commands.anchor('marker', aged))
    expect(kept()).toEqual(['marker'])
  })

  it('counts replicas, and waits for those that are missing', async () => {
    const { commands } = await openCommands()
    log.setReplicas(2)
    expect(await run(commands.waitReplicas(1, 1_000))).toBe(2)
    const started = runtime.monotonic()
    expect(await run(commands.waitReplicas(3, 1_000))).toBe(2)
    expect(runtime.monotonic() - started).toBe(1_000)
  })
})

describe('latency', () => {
  it('passes between a call and its reply; half of it until the server, and a feed, sees it', async () => {
    log = new MemoryLog({ runtime, latencyMs: 20 })
    const { commands } = await openCommands()
    const { listener } = await openFeed()
    await runtime.advance(20)
    const started = runtime.monotonic()
    const appended = commands.append('a', frame, retention)
    await runtime.advance(9)
    expect(log.entries()).toHaveLength(0)
    await runtime.advance(1)
    expect([log.entries().length, listener.messages.length]).toEqual([1, 0])
    await run(appended)
    expect(runtime.monotonic() - started).toBe(20)
    expect(delivered(listener)).toEqual(['a'])
  })

  it('loses a request, or a reply, that is on its way when the connection goes down', async () => {
    log = new MemoryLog({ runtime, latencyMs: 20 })
    const { commands } = await openCommands()
    await runtime.advance(20)
    const request = commands.append('a', frame, retention)
    await runtime.advance(5)
    log.cut()
    await expect(run(request)).rejects.toMatchObject({ kind: 'disconnected' })
    await runtime.advance(1_000)
    const reply = commands.append('b', frame, retention)
    await runtime.advance(15)
    log.cut()
    await expect(run(reply)).rejects.toMatchObject({ kind: 'disconnected' })
    expect(log.entries().map(({ position }) => position.appendId)).toEqual(['b'])
  })
})

it.each([{ channel: '' }, { latencyMs: -1 }, { nodeSize: 0 }, { latency: 5 }])('rejects the options %j', (options) => {
  expect(() => new MemoryLog(options)).toThrow(ConfigurationError)
})
