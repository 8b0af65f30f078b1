import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InvalidationLog, LogCommands, LogFeed } from '../../src/log/log.js'
import type { Entry } from '../../src/log/model/entry.js'
import { RedisError } from '../../src/support/errors.js'
import { RecordingListener } from './recording-listener.js'
import { entriesOnly } from './retention.js'

/** A server with one log on it, and what can befall them. */
export interface LogServer {
  readonly log: InvalidationLog
  /** A way to the same log for someone who may read but not write. */
  readonly readOnlyLog: InvalidationLog
  evictLast(): Promise<unknown>
  deleteEntries(...streamIds: string[]): Promise<unknown>
  trim(length: number): Promise<unknown>
  flush(): Promise<unknown>
  /** Drops connections of one kind; the server stays. */
  cut(kind: 'commands' | 'feeds'): Promise<unknown>
  goDown(): Promise<unknown>
  comeBack(): Promise<unknown>
  /** Closes what this test opened. */
  release(): Promise<unknown>
}

/** Where the servers come from: one call of `open` for each test, with a channel of its own. */
export interface LogServers {
  /** Whether they count what was ever appended. */
  readonly counts: boolean
  start(): Promise<void>
  open(channel: string): Promise<LogServer>
  stop(): Promise<void>
}

const retention = { maxEntries: 1_000, maxBytes: 2 ** 40, maxAgeMs: undefined }
const frame = '{"message_id":"m1","entity_id":"ü\\"1"}'

/** What every implementation of the log must do alike. */
export function describeLogConformance(name: string, servers: LogServers): void {
  describe(`${name} as a log`, () => {
    let server: LogServer
    let commands: LogCommands
    let listener: RecordingListener
    let feeds: LogFeed[] = []
    let opened: LogCommands[] = []
    let count = 0
    const counted = (added: number): number | undefined => (servers.counts ? added : undefined)

    beforeAll(() => servers.start())
    afterAll(() => servers.stop())

    beforeEach(async () => {
      server = await servers.open(`conformance:${process.pid}:${count++}`)
      feeds = []
      opened = []
      ;({ commands, listener } = await openCommands(server.log))
    })

    afterEach(async () => {
      await Promise.all([...opened, ...feeds].map((connection) => connection.close()))
      await server.release()
    })

    async function openCommands(log: InvalidationLog) {
      const listener = new RecordingListener()
      const commands = log.openCommands(listener)
      opened.push(commands)
      await commands.opened()
      await listener.reached('up')
      return { commands, listener }
    }

    async function openFeed() {
      const listener = new RecordingListener()
      const feed = server.log.openFeed(listener)
      feeds.push(feed)
      await feed.opened()
      await listener.reached('up')
      return { feed, listener }
    }

    async function append(...appendIds: string[]): Promise<string[]> {
      const streamIds: string[] = []
      for (const appendId of appendIds) {
        streamIds.push((await commands.append(appendId, frame, retention)).position.streamId)
      }
      return streamIds
    }

    async function allEntries(): Promise<readonly Entry[]> {
      return (await commands.readPage('-', 10_000)).entries
    }

    describe('append', () => {
      it('chains entries: each names the append id of the one before', async () => {
        const first = await commands.append('one', frame, retention)
        const second = await commands.append('two', frame, retention)
        expect(first).toMatchObject({ position: { appendId: 'one' }, prev: '', receivers: 0 })
        expect(second).toMatchObject({ position: { appendId: 'two' }, prev: 'one', receivers: 0 })
        expect(await allEntries()).toEqual([
          { position: first.position, prev: '', frame },
          { position: second.position, prev: 'one', frame },
        ])
      })

      it('keeps the order of calls that were made at once', async () => {
        const ids = Array.from({ length: 200 }, (_, index) => `a${index}`)
        const appended = await Promise.all(ids.map((id) => commands.append(id, frame, retention)))
        expect(appended.map(({ prev }) => prev)).toEqual(['', ...ids.slice(0, -1)])
        expect((await allEntries()).map(({ position }) => position.appendId)).toEqual(ids)
      })

      it('publishes the frame with its place in the log put in', async () => {
        const { listener: feed } = await openFeed()
        await append('one')
        const { position, receivers } = await commands.append('two', frame, retention)
        expect(receivers).toBe(1)
        const [, text = ''] = await feed.received(2)
        expect(JSON.parse(text)).toEqual({
          stream_id: position.streamId,
          append_id: 'two',
          prev: 'one',
          db: server.log.database,
          message_id: 'm1',
          entity_id: 'ü"1',
        })
        const place = `{"stream_id":"${position.streamId}","append_id":"two","prev":"one","db":${server.log.database}`
        expect(text).toBe(`${place},${frame.slice(1)}`)
      })

      it('counts the feeds it reached, and reaches them in order', async () => {
        const first = await openFeed()
        const second = await openFeed()
        const ids = Array.from({ length: 50 }, (_, index) => `a${index}`)
        const appended = await Promise.all(ids.map((id) => commands.append(id, frame, retention)))
        expect(new Set(appended.map(({ receivers }) => receivers))).toEqual(new Set([2]))
        for (const { listener: feed } of [first, second]) {
          const texts = await feed.received(ids.length)
          expect(texts.map((text) => (JSON.parse(text) as { append_id: string }).append_id)).toEqual(ids)
        }
      })

      it('goes on from the last entry where `last` was evicted', async () => {
        await append('one', 'two')
        await server.evictLast()
        expect(await commands.append('three', frame, retention)).toMatchObject({ prev: 'two' })
      })

      it('continues nothing where `last` was evicted and the newest entry deleted', async () => {
        const [, second = ''] = await append('one', 'two')
        await server.deleteEntries(second)
        await server.evictLast()
        expect(await commands.append('three', frame, retention)).toMatchObject({ prev: '' })
      })

      it('keeps about as many entries as `maxEntries` says, the newest', async () => {
        const ids = Array.from({ length: 1_000 }, (_, index) => `a${index}`)
        await Promise.all(ids.map((id) => commands.append(id, frame, entriesOnly(300))))
        const entries = await allEntries()
        expect(entries.length).toBeGreaterThanOrEqual(300)
        expect(entries.length).toBeLessThanOrEqual(400)
        expect(entries.map(({ position }) => position.appendId)).toEqual(ids.slice(-entries.length))
      })
    })

    describe('retention', () => {
      it('keeps the newest entry, and drops what is older than `maxAgeMs` with a trim', async () => {
        await commands.append('one', frame, retention)
        const { position } = await commands.append('two', frame, retention)
        await vi.waitFor(async () => {
          await commands.trim({ ...retention, maxAgeMs: 1 })
          expect((await allEntries()).map((entry) => entry.position)).toEqual([position])
        }, 5_000)
      })

      it('keeps no more than `maxBytes`', async () => {
        const large = `{"x":"${'y'.repeat(10_000)}"}`
        for (let index = 0; index < 50; index++) {
          await commands.append(`large${index}`, large, { ...retention, maxBytes: 100_000 })
        }
        const { length } = await allEntries()
        expect(length).toBeLessThanOrEqual(11)
        expect(length).toBeGreaterThanOrEqual(5)
      })
    })

    describe('head', () => {
      it('is what `last` holds', async () => {
        expect(await commands.head()).toBeUndefined()
        await append('one', 'two')
        expect(await commands.head()).toBe('two')
      })

      it('is the last entry where `last` was evicted, if that is the last ever generated', async () => {
        const [, second = ''] = await append('one', 'two')
        await server.evictLast()
        expect(await commands.head()).toBe('two')
        await server.deleteEntries(second)
        expect(await commands.head()).toBeUndefined()
      })
    })

    describe('anchor', () => {
      it('is the last entry if `last` names it', async () => {
        const [, streamId] = await append('one', 'two')
        expect(await commands.anchor('marker', retention)).toMatchObject({ position: { streamId, appendId: 'two' } })
        expect(await allEntries()).toHaveLength(2)
      })

      it('appends a marker to an empty log, and publishes it to nobody', async () => {
        const { listener: feed } = await openFeed()
        const anchor = await commands.anchor('marker', retention)
        expect(anchor?.position.appendId).toBe('marker')
        expect(await allEntries()).toEqual([{ position: anchor?.position, prev: '', frame: '{"frame":[]}' }])
        expect(await commands.append('one', frame, retention)).toMatchObject({ prev: 'marker' })
        expect(await feed.received(1)).toHaveLength(1)
        expect(feed.messages[0]).toContain('"append_id":"one"')
      })

      it('appends a marker where the newest entry was deleted', async () => {
        const [, second = ''] = await append('one', 'two')
        await server.deleteEntries(second)
        expect((await commands.anchor('marker', retention))?.position.appendId).toBe('marker')
        expect((await allEntries()).map(({ prev }) => prev)).toEqual(['', 'two'])
      })

      it('appends a marker that goes on from the last entry where `last` was evicted', async () => {
        await append('one')
        await server.evictLast()
        expect((await commands.anchor('marker', retention))?.position.appendId).toBe('marker')
        expect((await allEntries()).map(({ prev }) => prev)).toEqual(['', 'one'])
        expect(await commands.head()).toBe('marker')
      })

      it('counts how many entries were ever appended', async () => {
        await append('one', 'two', 'three')
        await server.trim(1)
        expect(await commands.anchor('marker', retention)).toMatchObject({ added: counted(3) })
        await server.evictLast()
        expect(await commands.anchor('marker', retention)).toMatchObject({ added: counted(4) })
      })

      it('is missing if the log is empty and the connection may not write', async () => {
        const { commands: reader } = await openCommands(server.readOnlyLog)
        expect(await reader.anchor('marker', retention)).toBeUndefined()
        const [streamId] = await append('one')
        expect(await reader.anchor('marker', retention)).toMatchObject({ position: { streamId, appendId: 'one' } })
      })
    })

    it('rejects writes that are refused', async () => {
      const { commands: reader } = await openCommands(server.readOnlyLog)
      await expect(reader.append('one', frame, retention)).rejects.toMatchObject({ code: 'REDIS', kind: 'refused' })
      await expect(reader.saveCursor('name', '1-1@a', true)).rejects.toMatchObject({ kind: 'refused' })
    })

    describe('inspect', () => {
      it('finds an empty log', async () => {
        expect(await commands.inspect({ streamId: '1-1', appendId: 'gone' })).toEqual({
          found: undefined,
          first: undefined,
          last: undefined,
          added: undefined,
          length: 0,
        })
      })

      it('tells what stands at a position, where the log begins and ends, and how much it ever held', async () => {
        const [first = '', second = '', third = ''] = await append('one', 'two', 'three')
        expect(await commands.inspect({ streamId: second, appendId: 'any' })).toEqual({
          found: 'two',
          first: { position: { streamId: first, appendId: 'one' }, prev: '' },
          last: 'three',
          added: counted(3),
          length: 3,
        })
        await server.trim(1)
        await server.evictLast()
        expect(await commands.inspect({ streamId: second, appendId: 'two' })).toEqual({
          found: undefined,
          first: { position: { streamId: third, appendId: 'three' }, prev: 'two' },
          last: undefined,
          added: counted(3),
          length: 1,
        })
      })

      it('begins anew after a FLUSHALL', async () => {
        const [streamId = ''] = await append('one', 'two')
        await server.flush()
        expect(await commands.inspect({ streamId, appendId: 'one' })).toMatchObject({ length: 0, last: undefined })
        expect(await commands.append('three', frame, retention)).toMatchObject({ prev: '' })
        expect(await commands.inspect({ streamId, appendId: 'one' })).toMatchObject({ added: counted(1), length: 1 })
      })
    })

    describe('lookup', () => {
      it('tells what is intact, gone, or below the first entry', async () => {
        const [first = '', second = '', third = '', fourth = ''] = await append('one', 'two', 'three', 'four')
        await server.deleteEntries(third)
        await server.trim(2)
        const positions = [
          { streamId: first, appendId: 'one' },
          { streamId: second, appendId: 'two' },
          { streamId: second, appendId: 'other' },
          { streamId: third, appendId: 'three' },
          { streamId: fourth, appendId: 'four' },
          { streamId: '99999999999999-0', appendId: 'later' },
        ]
        expect(await commands.lookup(positions)).toEqual(['below', 'intact', 'gone', 'gone', 'intact', 'gone'])
      })

      it('finds everything gone in an empty log', async () => {
        expect(await commands.lookup([{ streamId: '1-1', appendId: 'one' }])).toEqual(['gone'])
        expect(await commands.lookup([])).toEqual([])
      })

      it('compares stream IDs to the last digit', async () => {
        const [streamId = ''] = await append('one')
        const [time = ''] = streamId.split('-')
        const shorter = { streamId: `${time.slice(0, -1)}-99999`, appendId: 'x' }
        const longer = { streamId: `${time}0-0`, appendId: 'x' }
        const behind = { streamId: `${time}-10`, appendId: 'x' }
        expect(await commands.lookup([shorter, longer, behind])).toEqual(['below', 'gone', 'gone'])
      })
    })

    describe.each([
      ['as it is', false],
      ['joined', true],
    ])('readPage, %s', (_, joined) => {
      it('reads from the first entry, or from a stream ID on, inclusive, together with `last`', async () => {
        const [, second = ''] = await append('one', 'two', 'three')
        const ids = (entries: readonly Entry[]): string[] => entries.map(({ position }) => position.appendId)
        const whole = await commands.readPage('-', 10, joined)
        expect([ids(whole.entries), whole.last]).toEqual([['one', 'two', 'three'], 'three'])
        expect(ids((await commands.readPage(second, 10, joined)).entries)).toEqual(['two', 'three'])
        expect(ids((await commands.readPage(second, 1, joined)).entries)).toEqual(['two'])
        await server.deleteEntries(second)
        expect(ids((await commands.readPage(second, 10, joined)).entries)).toEqual(['three'])
      })

      it('reads an empty page from an empty log and from behind its end', async () => {
        expect(await commands.readPage('-', 10, joined)).toEqual({ entries: [], last: undefined })
        await append('one')
        expect(await commands.readPage('99999999999999-0', 10, joined)).toEqual({ entries: [], last: 'one' })
      })

      it('reads an entry whole', async () => {
        const [streamId = ''] = await append('one', 'two')
        const whole = { position: { streamId, appendId: 'one' }, prev: '', frame }
        expect(await commands.readPage('-', 1, joined)).toEqual({ entries: [whole], last: 'two' })
        const { entries } = await commands.readPage(streamId, 1, joined)
        // You have the entry that you name: a joined page may leave out its frame.
        expect(entries).toEqual([joined ? { ...whole, frame: entries[0]?.frame } : whole])
        expect(['', frame]).toContain(entries[0]?.frame)
      })

      it('reads where `last` was evicted', async () => {
        await append('one', 'two')
        await server.evictLast()
        expect(await commands.readPage('-', 10, joined)).toMatchObject({ entries: { length: 2 }, last: undefined })
      })

      it('reads for someone who may not write', async () => {
        await append('one')
        const { commands: reader } = await openCommands(server.readOnlyLog)
        expect((await reader.readPage('-', 10, joined)).entries).toHaveLength(1)
      })
    })

    describe('cursors', () => {
      it('are kept by name', async () => {
        await commands.saveCursor('a', '5-1@x', false)
        await commands.saveCursor('b', '6-1@y', false)
        expect(await commands.loadCursor('a')).toBe('5-1@x')
        expect(await commands.loadCursor('b')).toBe('6-1@y')
        expect(await commands.loadCursor('c')).toBeUndefined()
      })

      it('never go back unless overwritten, to the last digit of a stream ID', async () => {
        const steps: [position: string, kept: string][] = [
          ['10-18446744073709551614@a', '10-18446744073709551614@a'],
          ['10-18446744073709551613@b', '10-18446744073709551614@a'],
          ['9-99@c', '10-18446744073709551614@a'],
          ['10-18446744073709551615@d', '10-18446744073709551615@d'],
          ['10-18446744073709551615@e', '10-18446744073709551615@e'],
          ['100-0@f', '100-0@f'],
          ['99-5@g', '100-0@f'],
        ]
        for (const [position, kept] of steps) {
          await commands.saveCursor('name', position, false)
          expect(await commands.loadCursor('name')).toBe(kept)
        }
        await commands.saveCursor('name', '1-1@h', true)
        expect(await commands.loadCursor('name')).toBe('1-1@h')
      })

      it('are gone after a FLUSHALL', async () => {
        await commands.saveCursor('name', '5-1@x', false)
        await server.flush()
        expect(await commands.loadCursor('name')).toBeUndefined()
      })
    })

    describe('dead letters', () => {
      const letter = { message: '{"message_id":"ü"}', error: 'HandlerError: no', subscriber: 'feed', tries: 3 }

      it('are listed from an id on, inclusive, and removed by id', async () => {
        const ids: string[] = []
        for (const tries of [1, 2, 3]) ids.push(await commands.addDeadLetter({ ...letter, tries }, 1_000))
        const [first = '', second = '', third = ''] = ids
        expect(await commands.listDeadLetters('-', 10)).toEqual([
          { ...letter, id: first, tries: 1 },
          { ...letter, id: second, tries: 2 },
          { ...letter, id: third, tries: 3 },
        ])
        expect(await commands.listDeadLetters(second, 1)).toEqual([{ ...letter, id: second, tries: 2 }])
        expect(await commands.removeDeadLetters([first, second, '1-1'])).toBe(2)
        expect(await commands.removeDeadLetters([])).toBe(0)
        expect((await commands.listDeadLetters('-', 10)).map(({ id }) => id)).toEqual([third])
      })

      it('are capped', async () => {
        await Promise.all(Array.from({ length: 500 }, () => commands.addDeadLetter(letter, 100)))
        const kept = await commands.listDeadLetters('-', 1_000)
        expect(kept.length).toBeGreaterThanOrEqual(100)
        expect(kept.length).toBeLessThanOrEqual(200)
      })
    })

    describe.each(['subscriber', 'publisher'] as const)('the register of every %s', (member) => {
      const records = async (): Promise<Map<string, unknown>> =>
        new Map((await commands.listAnnounced(member)).map(({ id, record }) => [id, JSON.parse(record)]))

      it('keeps the newest record of each, stamped with the server’s time', async () => {
        expect(await commands.listAnnounced(member)).toEqual([])
        await commands.announce(member, 'a', '{"name":"ü","behind":1}', 60_000)
        await commands.announce(member, 'b', '{"name":"other"}', 120_000)
        await commands.announce(member, 'a', '{"name":"ü","behind":2}', 60_000)
        const seenAt = expect.any(Number) as number
        expect(await records()).toEqual(
          new Map([
            ['a', { seenAt, ttlMs: 60_000, name: 'ü', behind: 2 }],
            ['b', { seenAt, ttlMs: 120_000, name: 'other' }],
          ]),
        )
        for (const { ageMs } of await commands.listAnnounced(member)) {
          expect(ageMs).toBeGreaterThanOrEqual(0)
          expect(ageMs).toBeLessThan(5_000)
        }
      })

      it('is apart from the other one', async () => {
        await commands.announce(member, 'a', '{"name":"a"}', 60_000)
        const other = member === 'subscriber' ? 'publisher' : 'subscriber'
        expect(await commands.listAnnounced(other)).toEqual([])
        await commands.withdraw(other, 'a')
        expect([...(await records()).keys()]).toEqual(['a'])
      })

      it('forgets those that withdraw', async () => {
        await commands.announce(member, 'a', '{"name":"a"}', 60_000)
        await commands.announce(member, 'b', '{"name":"b"}', 60_000)
        await commands.withdraw(member, 'a')
        await commands.withdraw(member, 'nobody')
        expect([...(await records()).keys()]).toEqual(['b'])
      })

      it('forgets those that have expired, and keeps the others', async () => {
        await commands.announce(member, 'long', '{"name":"long"}', 60_000)
        await commands.announce(member, 'short', '{"name":"short"}', 1)
        const isKept = expect.poll(async () => [...(await records()).keys()], { interval: 5, timeout: 10_000 })
        await isKept.toEqual(['long'])
        await commands.announce(member, 'next', '{"name":"next"}', 60_000)
        expect([...(await records()).keys()].toSorted()).toEqual(['long', 'next'])
      })

      it('is gone after a FLUSHALL', async () => {
        await commands.announce(member, 'a', '{"name":"a"}', 60_000)
        await server.flush()
        expect(await commands.listAnnounced(member)).toEqual([])
      })

      it('refuses who may not write, and shows all to who may read', async () => {
        await commands.announce(member, 'a', '{"name":"a"}', 60_000)
        const { commands: reader, listener } = await openCommands(server.readOnlyLog)
        await expect(reader.announce(member, 'b', '{"name":"b"}', 60_000)).rejects.toMatchObject({ kind: 'refused' })
        expect((await reader.listAnnounced(member)).map(({ id }) => id)).toEqual(['a'])
        expect(listener.events).toEqual(['up'])
      })

      it('takes 10,000 and no more, unless some have expired', async () => {
        const announce = (prefix: string, count: number, ttlMs: number): Promise<unknown> =>
          Promise.all(
            Array.from({ length: count }, (_, index) =>
              commands.announce(member, `${prefix}${index}`, '{"n":1}', ttlMs),
            ),
          )
        await announce('long', 9_999, 600_000)
        await announce('last', 1, 600_000)
        await expect(commands.announce(member, 'more', '{"n":1}', 600_000)).rejects.toMatchObject({ kind: 'reply' })
        await commands.announce(member, 'last0', '{"n":2}', 1)
        const known = expect.poll(async () => (await commands.listAnnounced(member)).length, {
          interval: 5,
          timeout: 10_000,
        })
        await known.toBe(9_999)
        await commands.announce(member, 'more', '{"n":1}', 600_000)
        expect(await commands.listAnnounced(member)).toHaveLength(10_000)
      })
    })

    it('names the server’s history, and how many replicas follow it', async () => {
      const replication = await commands.replication()
      expect(replication.id).toMatch(/^[\da-f-]{36,40}$/)
      expect(replication).toMatchObject({ role: 'primary', linkAgeMs: undefined })
      expect(await commands.replication()).toEqual(replication)
      expect(await commands.waitReplicas(1, 20)).toBe(0)
    })

    describe('connections', () => {
      it('come up, go down and come back by themselves', async () => {
        expect(commands.up).toBe(true)
        await server.cut('commands')
        await listener.reached('down')
        await listener.reached('up', 2)
        expect(commands.up).toBe(true)
        expect(listener.events).toEqual(['up', 'down', 'up'])
        expect(await commands.append('one', frame, retention)).toMatchObject({ prev: '' })
      })

      it('reject calls at once while the server is away, and try until it is back', async () => {
        const { feed, listener: feedListener } = await openFeed()
        await server.goDown()
        await Promise.all([listener.reached('down'), feedListener.reached('down')])
        expect([commands.up, feed.up]).toEqual([false, false])
        for (const call of [commands.append('one', frame, retention), commands.head(), feed.ping()]) {
          await expect(call).rejects.toMatchObject({ code: 'REDIS', kind: 'disconnected' })
        }
        await Promise.all([listener.reached('error', 2), feedListener.reached('error', 2)])
        expect(listener.errors.every((error) => error instanceof RedisError)).toBe(true)
        await server.comeBack()
        await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
        expect(listener.events.filter((event) => event !== 'error')).toEqual(['up', 'down', 'up'])
        await commands.append('one', frame, retention)
        expect(await feedListener.received(1)).toHaveLength(1)
      })

      it('open while the server is away, and come up with it', async () => {
        await server.goDown()
        const listener = new RecordingListener()
        const late = server.log.openCommands(listener)
        opened.push(late)
        await late.opened()
        await listener.reached('error')
        expect(listener.count('up')).toBe(0)
        await server.comeBack()
        await listener.reached('up')
        expect(await late.head()).toBeUndefined()
      })

      it('make a new one when told to', async () => {
        const { feed, listener: feedListener } = await openFeed()
        commands.reconnect()
        feed.reconnect()
        expect([commands.up, feed.up]).toEqual([false, false])
        await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
        expect(listener.events).toEqual(['up', 'down', 'up'])
        const { receivers } = await commands.append('one', frame, retention)
        expect(receivers).toBe(1)
        expect(await feedListener.received(1)).toHaveLength(1)
      })

      it('reject what is pending when they are told to reconnect', async () => {
        const pending = commands.append('one', frame, retention)
        commands.reconnect()
        await expect(pending).rejects.toMatchObject({ kind: 'disconnected' })
      })

      it('deliver what is published as soon as they are up', async () => {
        const listener = new RecordingListener()
        const feed = server.log.openFeed(listener)
        feeds.push(feed)
        await listener.reached('up')
        expect(await commands.append('one', frame, retention)).toMatchObject({ receivers: 1 })
        expect(await listener.received(1)).toHaveLength(1)
      })

      it('answer a ping on a feed, before and after it was cut', async () => {
        const { feed, listener: feedListener } = await openFeed()
        await feed.ping()
        await server.cut('feeds')
        await feedListener.reached('up', 2)
        expect(feedListener.events).toEqual(['up', 'down', 'up'])
        await feed.ping()
        await commands.append('one', frame, retention)
        expect(await feedListener.received(1)).toHaveLength(1)
      })

      it('close for good: what is pending rejects, and so does what is asked later; nothing more is told', async () => {
        const { feed, listener: feedListener } = await openFeed()
        const pending = commands.append('one', frame, retention)
        await Promise.all([
          expect(pending).rejects.toMatchObject({ kind: 'disconnected' }),
          commands.close(),
          feed.close(),
        ])
        await expect(commands.head()).rejects.toMatchObject({ kind: 'disconnected' })
        await expect(feed.ping()).rejects.toMatchObject({ kind: 'disconnected' })
        await Promise.all([commands.close(), feed.close()])
        const { commands: other } = await openCommands(server.log)
        expect(await other.append('two', frame, retention)).toMatchObject({ receivers: 0 })
        expect([listener.events, feedListener.events, feedListener.messages]).toEqual([['up'], ['up'], []])
      })

      it('close while the server is away', async () => {
        await server.goDown()
        await listener.reached('down')
        await commands.close()
        await server.comeBack()
        const { commands: other } = await openCommands(server.log)
        await other.head()
        expect(listener.count('up')).toBe(1)
      })
    })
  })
}
