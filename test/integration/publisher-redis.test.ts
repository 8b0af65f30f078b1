import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import type { PublisherOptions } from '../../src/publisher/options.js'
import type { PublisherEvents } from '../../src/publisher/events.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { nameOf } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const timeoutMs = 10_000
const quick: PublisherOptions = { heartbeatMs: 50, commandTimeoutMs: 300 }
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n))

let cleanups: (() => Promise<unknown>)[] = []

beforeEach(() => {
  cleanups = []
})

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

async function start(...args: Parameters<typeof startRedisServer>): Promise<RedisServer> {
  const server = await startRedisServer(...args)
  cleanups.push(() => server.stop())
  return server
}

async function connect(url: string, options: PublisherOptions = {}): Promise<InvalidationPublisher> {
  const publisher = await InvalidationPublisher.connect(url, 'user-service', { ...quick, ...options })
  publisher.on('error', () => undefined)
  cleanups.push(() => publisher.close())
  return publisher
}

/** Talks to the server directly, over a connection of its own. */
async function command(server: RedisServer, name: string, ...args: string[]): Promise<unknown> {
  const client = new Redis(server.port, '127.0.0.1', { retryStrategy: null })
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

/**
 * The entity ids in the log, in order, each at its first place alone; patterns as they are. What is published is
 * appended at least once: an append whose reply came later than the short deadline of these tests is made again.
 */
async function evicts(server: RedisServer): Promise<string[]> {
  return [...new Set(await appended(server))]
}

/** As {@link evicts}, with what is there twice. */
async function appended(server: RedisServer): Promise<string[]> {
  const entries = (await command(server, 'XRANGE', '{cache:invalidate}:stream', '-', '+')) as [string, string[]][]
  return entries.flatMap(([, fields]) => decodeFrame(fields[fields.indexOf('m') + 1] ?? '').messages.map(nameOf))
}

/** Publishes these, each in an entry of its own. */
async function publishEach(publisher: InvalidationPublisher, entityIds: readonly string[]): Promise<void> {
  for (const id of entityIds) await publisher.invalidate('user', id)
}

describe('a server that answers', () => {
  test('appends what is published, in order, many callers at once', async () => {
    const server = await start()
    const publisher = await connect(server.url, { commandTimeoutMs: 10_000 })
    const receipts = await Promise.all(ids(5_000).map((id) => publisher.invalidate('user', id)))
    // Nothing fails here: each is there once.
    expect(await appended(server)).toEqual(ids(5_000))
    const [first] = (await command(server, 'XRANGE', '{cache:invalidate}:stream', '-', '+', 'COUNT', '1')) as [
      [string, string[]],
    ]
    expect(receipts[0]?.position).toBe(`${first[0]}@${first[1][1] ?? ''}`)
  })

  test('that wants another password makes connect() reject', async () => {
    const server = await start()
    await command(server, 'CONFIG', 'SET', 'requirepass', 'right')
    const logged: string[] = []
    const log = (text: string): unknown => logged.push(text)
    const logger = { debug: log, info: log, warn: log, error: log }
    const url = `redis://:wrong@127.0.0.1:${server.port}`
    const connecting = InvalidationPublisher.connect(url, 'user-service', { logger })
    await expect(connecting).rejects.toMatchObject({ code: 'REDIS', kind: 'refused' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(logged).toEqual([])
  })

  test('that is out of memory gets what waits when it has some again', async () => {
    const server = await start()
    const publisher = await connect(server.url)
    const errors: Error[] = []
    publisher.on('error', (error) => errors.push(error))
    await command(server, 'CONFIG', 'SET', 'maxmemory', '1')
    const published = Promise.all(ids(3).map((id) => publisher.invalidate('user', id)))
    await until(() => errors.length > 0 && publisher.health().status === 'degraded', timeoutMs, 'the refusal')
    expect(errors[0]?.message).toContain('OOM')
    await command(server, 'CONFIG', 'SET', 'maxmemory', '0')
    await within(published, timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual(ids(3))
    expect(errors).toHaveLength(1)
  })

  test('that refuses the channel appends all the same; it is told once', async () => {
    const server = await start()
    await command(server, 'ACL', 'SETUSER', 'quiet', 'on', '>secret', '+@all', '~*', 'resetchannels')
    const publisher = await connect(`redis://quiet:secret@127.0.0.1:${server.port}`)
    const errors: Error[] = []
    publisher.on('error', (error) => errors.push(error))
    for (const id of ids(3)) expect(await publisher.invalidate('user', id)).toMatchObject({ receivers: -1 })
    await until(() => errors.length > 0, timeoutMs, 'the error')
    expect(errors).toMatchObject([{ kind: 'refused' }])
    expect(await evicts(server)).toEqual(ids(3))
  })

  test('that became a replica gets nothing until it is a primary again', async () => {
    const server = await start()
    const publisher = await connect(server.url)
    await publishEach(publisher, ['before'])
    const lost = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    await command(server, 'REPLICAOF', '127.0.0.1', '1')
    const publishing = publisher.invalidate('user', 'after')
    await within(lost, timeoutMs, 'another connection')
    await command(server, 'REPLICAOF', 'NO', 'ONE')
    await within(publishing, timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual(['before', 'after'])
  })

  test('with a replica confirms through it; without one publish() rejects, though the entry stands', async () => {
    const server = await start({ args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await start({ args: ['--replicaof', '127.0.0.1', String(server.port)] })
    // The primary counts a replica only some time after that calls itself linked.
    const counted = async () => String(await command(server, 'INFO', 'replication')).includes('state=online')
    await until(counted, timeoutMs, 'the replica counted by its primary')
    const publisher = await connect(server.url, {
      waitReplicas: { count: 1, timeoutMs: 1_000 },
      commandTimeoutMs: 5_000,
    })
    await publishEach(publisher, ['1'])
    expect(await evicts(replica)).toEqual(['1'])
    await replica.kill()
    await expect(publisher.invalidate('user', '2')).rejects.toMatchObject({ kind: 'replicas' })
    expect(await evicts(server)).toEqual(['1', '2'])
  })
})

describe('a server that goes away', () => {
  test('gets what waited, in order, when it is back', async () => {
    const server = await start()
    const publisher = await connect(server.url)
    const lost = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    await server.kill()
    await within(lost, timeoutMs, 'the loss of the connection')
    const published = Promise.all(ids(2_500).map((id) => publisher.invalidate('user', id)))
    expect(publisher.health()).toMatchObject({ status: 'down', queued: 2_500 })
    await server.restart()
    await within(published, timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual(ids(2_500))
  })

  test('need not be there when the publisher connects', async () => {
    const server = await start()
    await server.kill()
    const publisher = await connect(server.url)
    const publishing = publisher.invalidate('user', '1')
    await server.restart()
    await within(publishing, timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual(['1'])
  })

  test('killed without persistence, gets all that it had acknowledged again, ahead of what is newer', async () => {
    const server = await start()
    const publisher = await connect(server.url)
    await publishEach(publisher, ids(20))
    const repaired = nextEvent<PublisherEvents, 'repaired'>(publisher, 'repaired')
    await server.kill()
    const newer = publisher.invalidate('user', 'newer')
    await server.restart()
    expect(await within(repaired, timeoutMs, 'the repair')).toEqual([{ intact: 0, reappended: 20, unknown: 0 }])
    await within(newer, timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual([...ids(20), 'newer'])
  })

  test('killed with persistence, gets nothing again that it still has', async () => {
    const server = await start({ persistence: 'aof', args: ['--appendfsync', 'always'] })
    const publisher = await connect(server.url)
    await publishEach(publisher, ids(20))
    const repaired = nextEvent<PublisherEvents, 'repaired'>(publisher, 'repaired')
    await server.kill()
    await server.restart()
    expect(await within(repaired, timeoutMs, 'the repair')).toEqual([{ intact: 20, reappended: 0, unknown: 0 }])
    await publishEach(publisher, ['newer'])
    expect(await evicts(server)).toEqual([...ids(20), 'newer'])
  })

  test('in the middle of many publishes, loses none of them', async () => {
    const server = await start({ persistence: 'aof' })
    const publisher = await connect(server.url, { publishTimeoutMs: 60_000 })
    const published: Promise<unknown>[] = []
    const publishMany = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn++) {
        for (let n = 0; n < 20; n++) published.push(publisher.invalidate('user', String(published.length)))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await publishMany(100)
    const publishing = publishMany(200)
    await server.kill()
    await publishing
    await server.restart()
    await within(Promise.all(published), timeoutMs, 'publishing')
    expect((await evicts(server)).toSorted()).toEqual(ids(published.length).toSorted())
  })

  test('is not waited for: publish() rejects in time, and what it published is appended later', async () => {
    const server = await start()
    const publisher = await connect(server.url, { publishTimeoutMs: 100 })
    await server.kill()
    await expect(publisher.invalidate('user', '1')).rejects.toMatchObject({ code: 'PUBLISH_TIMEOUT' })
    await server.restart()
    await within(publisher.flush(), timeoutMs, 'flushing')
    expect(await evicts(server)).toEqual(['1'])
  })
})

describe('a server that hangs', () => {
  test('is found by the deadline of the heartbeat although nothing is published', async () => {
    const server = await start()
    const publisher = await connect(server.url)
    const lost = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    server.pause()
    const [error] = await within(lost, timeoutMs, 'the loss of the connection')
    expect(error).toMatchObject({ kind: 'timeout' })
    server.resume()
    await within(publisher.invalidate('user', '1'), timeoutMs, 'publishing')
    expect(await evicts(server)).toEqual(['1'])
  })
})
