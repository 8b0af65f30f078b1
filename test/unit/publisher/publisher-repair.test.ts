import { describe, expect, test } from 'vitest'
import type { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { unknownReplication } from '../../../src/log/model/replication.js'
import type { PublisherOptions } from '../../../src/publisher/options.js'
import { RedisError } from '../../../src/support/errors.js'
import { type Tap, VirtualPublisher } from '../../support/virtual-publisher.js'
import { entriesOnly } from '../../support/retention.js'

/** A publisher that has had these entities acknowledged, each in a frame of its own. */
async function published(ids: readonly string[], options: PublisherOptions = {}, tap?: Tap): Promise<VirtualPublisher> {
  const virtual = await VirtualPublisher.connect(options, { nodeSize: 1, ...(tap && { tap }) })
  for (const id of ids) await virtual.runtime.runUntil(virtual.publisher.invalidate('user', id), 100)
  return virtual
}

/** Somebody else appends an entry, over a connection that is there at once. */
async function appendElsewhere({ log, runtime }: VirtualPublisher): Promise<void> {
  const ignore = (): void => undefined
  const commands = log.openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  await runtime.settle()
  await runtime.runUntil(commands.append('elsewhere', '{"frame":[]}', entriesOnly(1_000)), 10)
}

const idsOf = (log: MemoryLog): string[] => log.entries().map(({ position }) => position.streamId)

describe('after a failover', () => {
  test('what was lost is appended again, in order, ahead of what is newer', async () => {
    const virtual = await published(['1', '2', '3', '4'])
    virtual.log.failOver({ lose: 2 })
    const newer = virtual.publisher.invalidate('user', 'newer')
    expect(virtual.evicts).toEqual(['1', '2'])
    await virtual.runtime.runUntil(newer, 1_000)
    expect(virtual.evicts).toEqual(['1', '2', '3', '4', 'newer'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 2, reappended: 2, unknown: 0 }])
  })

  test('what was lost again is appended again, however often', async () => {
    const virtual = await published(['1', '2', '3'])
    for (const lose of [2, 1, 3]) {
      virtual.log.failOver({ lose })
      await virtual.runtime.advance(1_000)
      expect(virtual.evicts).toEqual(['1', '2', '3'])
    }
  })

  test('what is still there is left alone', async () => {
    const virtual = await published(['1', '2'])
    for (let failover = 0; failover < 2; failover++) {
      virtual.log.failOver({ lose: 0 })
      await virtual.runtime.advance(1_000)
    }
    expect(virtual.evicts).toEqual(['1', '2'])
    expect(virtual.toldOf('repaired')).toEqual(Array(2).fill({ intact: 2, reappended: 0, unknown: 0 }))
  })

  test('an empty server gets all of it back', async () => {
    const virtual = await published(['1', '2', '3'])
    virtual.log.failOver({ lose: 3 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['1', '2', '3'])
  })

  test('more frames than one lookup takes are all looked up', async () => {
    const ids = Array.from({ length: 250 }, (_, n) => String(n))
    const batches: number[] = []
    const virtual = await published(ids, {}, (commands) => ({
      lookup: (positions) => {
        batches.push(positions.length)
        return commands.lookup(positions)
      },
    }))
    virtual.log.failOver({ lose: 180 })
    await virtual.runtime.advance(1_000)
    expect(batches).toEqual([100, 100, 50])
    expect(virtual.evicts).toEqual(ids)
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 70, reappended: 180, unknown: 0 }])
  })
})

describe('what is below the first entry', () => {
  test('was trimmed, where a later frame of the same history is there', async () => {
    const virtual = await published(['1', '2', '3', '4'])
    virtual.log.trim(1)
    virtual.log.failOver({ lose: 0 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['4'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 4, reappended: 0, unknown: 0 }])
  })

  test('is unknown where none is: all of it becomes one message that evicts all', async () => {
    const virtual = await published(['1', '2', '3'])
    virtual.log.failOver({ lose: 3 })
    await virtual.runtime.advance(1)
    await appendElsewhere(virtual)
    await virtual.runtime.advance(1_000)
    expect(virtual.messages).toMatchObject([{ action: 'pattern', pattern: '*', metadata: { evictAll: 'repair' } }])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 0, reappended: 0, unknown: 3 }])
  })
})

describe('what is remembered', () => {
  test('does not age while there is no connection', async () => {
    const virtual = await published(['1', '2'], { repair: { maxAgeMs: 60_000 } })
    virtual.log.goDown()
    await virtual.runtime.advance(600_000)
    virtual.log.comeBack()
    await virtual.runtime.advance(1_000)
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '3'), 100)
    virtual.log.failOver({ lose: 3 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['1', '2', '3'])
  })

  test('is forgotten with age', async () => {
    const virtual = await published(['1'], { repair: { maxAgeMs: 60_000 } })
    await virtual.runtime.advance(60_001)
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual([])
  })

  test('is dropped when it is too much: a failover that may have lost that evicts all', async () => {
    const virtual = await published(['1', '2', '3'], { repair: { maxFrames: 2 } })
    virtual.log.failOver({ lose: 3 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['*', '2', '3'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 0, reappended: 2, unknown: 1 }])
  })

  test('proves that what was dropped is there, as long as the oldest of it is', async () => {
    const virtual = await published(['1', '2', '3'], { repair: { maxFrames: 2 } })
    for (const lose of [1, 2]) {
      virtual.log.failOver({ lose })
      await virtual.runtime.advance(1_000)
    }
    // The second failover took all that was remembered, so nothing speaks for the first any more.
    expect(virtual.evicts).toEqual(['1', '*', '2', '3'])
    expect(virtual.toldOf('repaired')).toMatchObject([{ unknown: 0 }, { unknown: 1 }])
  })

  test('is nothing where repair is off', async () => {
    const virtual = await published(['1', '2'], { repair: false })
    virtual.log.failOver({ lose: 2 })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual([])
    expect(virtual.toldOf('repaired')).toEqual([])
  })
})

describe('the replication id', () => {
  test('is read when the link comes up and with every heartbeat', async () => {
    let reads = 0
    const virtual = await published([], { heartbeatMs: 500 }, (commands) => ({
      replication: () => {
        reads++
        return commands.replication()
      },
    }))
    expect(reads).toBe(1)
    await virtual.runtime.advance(2_000)
    expect(reads).toBe(5)
    virtual.log.cut()
    await virtual.runtime.advance(60)
    expect(reads).toBe(6)
  })

  test('that is as it was means that nothing is looked up', async () => {
    const virtual = await published(['1', '2'])
    virtual.log.cut()
    await virtual.runtime.advance(5_000)
    expect(virtual.toldOf('repaired')).toEqual([])
  })

  test('that changes behind a connection that stays is found by the heartbeat', async () => {
    let id = 'before'
    const virtual = await published(['1', '2'], {}, () => ({
      replication: () => Promise.resolve({ ...unknownReplication, id }),
    }))
    const [, second = ''] = idsOf(virtual.log)
    virtual.log.deleteEntries(second)
    id = 'after'
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['1', '2'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 1, reappended: 1, unknown: 0 }])
  })

  test('that changes behind a connection that stays holds back what is newer until the lookup is done', async () => {
    let id = 'before'
    let publishNewer = (): void => undefined
    const virtual = await published(['1', '2'], {}, (commands) => ({
      replication: () => Promise.resolve({ ...unknownReplication, id }),
      lookup: (positions) => {
        publishNewer()
        return commands.lookup(positions)
      },
    }))
    publishNewer = () => void virtual.publisher.invalidate('user', 'newer')
    virtual.log.deleteEntries(...idsOf(virtual.log))
    id = 'after'
    await virtual.runtime.advance(2_000)
    expect(virtual.evicts).toEqual(['1', '2', 'newer'])
  })

  test('is read after MOVED', async () => {
    let moved = true
    let reads = 0
    const virtual = await published([], { heartbeatMs: 60_000 }, (commands) => ({
      replication: () => {
        reads++
        return commands.replication()
      },
      append: (...args) => {
        if (!moved) return commands.append(...args)
        moved = false
        return Promise.reject(new RedisError('moved', 'MOVED 1 10.0.0.1:6379'))
      },
    }))
    reads = 0
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    expect(reads).toBe(1)
  })

  test('that can not be had does not keep anything from being appended, and is told', async () => {
    const virtual = await published(['1'], {}, () => ({ replication: () => Promise.resolve(unknownReplication) }))
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '2'), 1_000)
    expect(virtual.evicts).toEqual(['2'])
    expect(virtual.publisher.health().status).toBe('up')
    await virtual.runtime.advance(5_000)
    expect(virtual.toldOf('error'), 'told once that nothing can be repaired').toMatchObject([{ code: 'CONFIGURATION' }])
  })

  test('that can not be read now is read with the next heartbeat: what was acknowledged meanwhile is looked up', async () => {
    let failing = false
    const virtual = await published(['1'], {}, (commands) => ({
      replication: () => (failing ? Promise.reject(new RedisError('reply', 'LOADING')) : commands.replication()),
    }))
    failing = true
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '2'), 1_000)
    expect(virtual.publisher.health().status).toBe('degraded')
    expect(virtual.toldOf('error')).toMatchObject([{ message: 'LOADING' }])
    failing = false
    await virtual.runtime.advance(2_000)
    // By now the log begins with 2, so it can't be told whether 1 was trimmed.
    expect(virtual.evicts).toEqual(['2', '*'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 1, reappended: 0, unknown: 1 }])
    expect(virtual.publisher.health().status).toBe('up')
  })
})

describe('a lookup that fails', () => {
  test('leaves the repair to be done: it is taken up again', async () => {
    let failures = 2
    const virtual = await published(['1', '2'], {}, (commands) => ({
      lookup: (positions) => {
        if (failures-- > 0) return Promise.reject(new RedisError('reply', 'BUSY'))
        return commands.lookup(positions)
      },
    }))
    virtual.log.failOver({ lose: 1 })
    await virtual.runtime.advance(900)
    expect(virtual.publisher.health().status).toBe('degraded')
    expect(virtual.evicts).toEqual(['1'])
    await virtual.runtime.advance(2_000)
    expect(virtual.evicts).toEqual(['1', '2'])
    expect(virtual.toldOf('repaired')).toEqual([{ intact: 1, reappended: 1, unknown: 0 }])
    expect(virtual.toldOf('error')).toMatchObject([{ message: 'BUSY' }])
    expect(virtual.publisher.health().status).toBe('up')
  })

  test('because the link went down is taken up again when it is back', async () => {
    let cut: (() => void) | undefined
    const virtual = await published(['1', '2'], { heartbeatMs: 60_000 }, (commands) => ({
      lookup: (positions) => {
        cut?.()
        cut = undefined
        return commands.lookup(positions)
      },
    }))
    cut = () => virtual.log.cut()
    virtual.log.failOver({ lose: 2 })
    const newer = virtual.publisher.invalidate('user', 'newer')
    await virtual.runtime.runUntil(newer, 1_000)
    expect(virtual.evicts).toEqual(['1', '2', 'newer'])
  })
})
