import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { decodePublisherRecord, type PublisherRecord } from '../../../src/log/model/publisher-record.js'
import { RedisError } from '../../../src/support/errors.js'
import { version } from '../../../src/support/version.js'
import { type Tap, VirtualPublisher } from '../../support/virtual-publisher.js'

/** The records of publishers in the log, with their age. */
async function announced({ runtime, log }: VirtualPublisher): Promise<(PublisherRecord & { ageMs: number })[]> {
  const ignore = (): void => undefined
  const reader = log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  await runtime.runUntil(reader.opened(), 1_000)
  const records = await runtime.runUntil(reader.listAnnounced('publisher'), 1_000)
  await reader.close()
  return records.flatMap(({ record, ageMs }) => {
    const decoded = decodePublisherRecord(record)
    return decoded ? [{ ...decoded, ageMs }] : []
  })
}

/** Notes in order the appends and withdrawals that are sent, and the announcements that have been acknowledged. */
function noting(calls: string[]): Tap {
  return (commands) => ({
    append: (...args) => {
      calls.push('append')
      return commands.append(...args)
    },
    announce: async (member, id, record, ttlMs) => {
      await commands.announce(member, id, record, ttlMs)
      calls.push(`announce ${decodePublisherRecord(record)?.replicationId ?? 'no id'}`)
    },
    withdraw: (...args) => {
      calls.push('withdraw')
      return commands.withdraw(...args)
    },
  })
}

describe('a publisher registers', () => {
  it('when the link is up, with what operators and subscribers need to know', async () => {
    const virtual = await VirtualPublisher.connect({
      retention: { maxEntries: 5_000 },
      packing: false,
      heartbeatMs: 500,
    })
    expect(await announced(virtual)).toMatchObject([
      {
        service: 'user-service',
        host: hostname(),
        pid: process.pid,
        version,
        retention: { maxEntries: 5_000, maxBytes: 67_108_864 },
        packing: false,
        sharded: false,
        queued: 0,
        heartbeatMs: 500,
        repairs: true,
        replicationId: expect.any(String) as string,
      },
    ])
  })

  it('before its first append', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect({}, { down: true, latencyMs: 10, tap: noting(calls) })
    const publishing = virtual.publisher.invalidate('user', '1')
    virtual.log.comeBack()
    await virtual.runtime.runUntil(publishing, 1_000)
    expect(calls).toEqual([expect.stringContaining('announce'), 'append'])
  })

  it('before its first append, even if the server can not be asked for its replication id', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect(
      {},
      {
        down: true,
        tap: (commands) => ({
          ...noting(calls)(commands),
          replication: () => Promise.reject(new RedisError('reply', 'not now')),
        }),
      },
    )
    const publishing = virtual.publisher.invalidate('user', '1')
    virtual.log.comeBack()
    await virtual.runtime.runUntil(publishing, 1_000)
    expect(calls).toEqual(['announce no id', 'append'])
  })

  it('every 5 seconds while nothing changes', async () => {
    const virtual = await VirtualPublisher.connect()
    const ages: (number | undefined)[] = []
    for (let second = 0; second < 11; second++) {
      await virtual.runtime.advance(1_000)
      ages.push((await announced(virtual))[0]?.ageMs)
    }
    expect(ages).toEqual([1_000, 2_000, 3_000, 4_000, 0, 1_000, 2_000, 3_000, 4_000, 0, 1_000])
  })

  it('again as soon as the link is back', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.clear()
    virtual.log.cut()
    await virtual.runtime.advance(60)
    expect(await announced(virtual)).toHaveLength(1)
  })

  it('without an id if it does not repair', async () => {
    const virtual = await VirtualPublisher.connect({ repair: false })
    expect(await announced(virtual)).toMatchObject([{ repairs: false, replicationId: undefined }])
  })

  it('as one that does not repair while the server does not report its replication id', async () => {
    let isBlind = true
    const virtual = await VirtualPublisher.connect(
      {},
      {
        tap: (commands) => ({
          replication: async () => {
            const found = await commands.replication()
            return isBlind ? { ...found, id: undefined } : found
          },
        }),
      },
    )
    expect(await announced(virtual)).toMatchObject([{ repairs: false, replicationId: undefined }])
    isBlind = false
    await virtual.runtime.advance(1_000)
    expect(await announced(virtual)).toMatchObject([{ repairs: true, replicationId: expect.any(String) as string }])
  })

  it('unless it is not to', async () => {
    const virtual = await VirtualPublisher.connect({ announce: false })
    await virtual.runtime.advance(10_000)
    expect(await announced(virtual)).toEqual([])
  })

  it('and is forgotten a minute after it died', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.refuseWrites('refused')
    await virtual.runtime.advance(60_000)
    expect(await announced(virtual)).toHaveLength(1)
    await virtual.runtime.advance(1)
    expect(await announced(virtual)).toEqual([])
  })
})

describe('after a failover the record of a publisher', () => {
  it('has the new replication id only when what was lost is acknowledged again', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 10, tap: noting(calls) })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    const [before] = await announced(virtual)
    calls.length = 0
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(500)
    const [after] = await announced(virtual)
    expect(after?.replicationId).not.toBe(before?.replicationId)
    expect(calls).toEqual([`announce ${before?.replicationId}`, 'append', `announce ${after?.replicationId}`])
    expect(virtual.evicts).toEqual(['1'])
  })

  it('has the new replication id at once if nothing was lost', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 10, tap: noting(calls) })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    const [before] = await announced(virtual)
    calls.length = 0
    virtual.log.failOver({ lose: 0 })
    await virtual.runtime.advance(500)
    const [after] = await announced(virtual)
    expect(after?.replicationId).not.toBe(before?.replicationId)
    expect(calls).toEqual([`announce ${after?.replicationId}`])
  })

  it('keeps the old replication id while a lookup fails', async () => {
    let fails = true
    const virtual = await VirtualPublisher.connect(
      {},
      {
        tap: (commands) => ({
          lookup: (positions) =>
            fails ? Promise.reject(new RedisError('reply', 'not now')) : commands.lookup(positions),
        }),
      },
    )
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    const [before] = await announced(virtual)
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(3_000)
    expect(await announced(virtual)).toMatchObject([{ replicationId: before?.replicationId }])
    fails = false
    await virtual.runtime.advance(1_000)
    const [after] = await announced(virtual)
    expect(after?.replicationId).not.toBe(before?.replicationId)
  })

  it('keeps the old replication id while a second failover loses what was appended again', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 10, tap: noting(calls) })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    const [before] = await announced(virtual)
    calls.length = 0
    virtual.log.failOver({ lose: 1 })
    while (!calls.includes('append')) await virtual.runtime.advance(1)
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(2_000)
    const [after] = await announced(virtual)
    const old = `announce ${before?.replicationId}`
    expect(calls).toEqual([old, 'append', old, 'append', `announce ${after?.replicationId}`])
    expect(virtual.evicts).toEqual(['1'])
  })
})

describe('a publisher that closes', () => {
  it('withdraws when all that it accepted is appended', async () => {
    const calls: string[] = []
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 10, tap: noting(calls) })
    const publishing = virtual.publisher.invalidate('user', '1')
    await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
    await publishing
    expect(calls).toEqual([expect.stringContaining('announce'), 'append', 'withdraw'])
    expect(await announced(virtual)).toEqual([])
  })

  it('leaves its record to expire if a failover may have lost what it had appended', async () => {
    const calls: string[] = []
    const tap: Tap = (commands) => ({ ...noting(calls)(commands), lookup: () => new Promise(() => {}) })
    const virtual = await VirtualPublisher.connect({}, { tap })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(1_000)
    await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
    expect(calls).not.toContain('withdraw')
    expect(await announced(virtual)).toHaveLength(1)
  })
})

describe('a publisher that can not register', () => {
  it.each(['refused', 'readonly'] as const)('reports it once, and publishes all the same (%s)', async (kind) => {
    let refuses = true
    const virtual = await VirtualPublisher.connect(
      {},
      {
        tap: (commands) => ({
          announce: (...args) =>
            refuses ? Promise.reject(new RedisError(kind, 'announce: no')) : commands.announce(...args),
        }),
      },
    )
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    await virtual.runtime.advance(20_000)
    expect(virtual.toldOf('error')).toMatchObject([{ kind }])
    refuses = false
    await virtual.runtime.advance(5_000)
    expect(await announced(virtual)).toHaveLength(1)
  })
})
