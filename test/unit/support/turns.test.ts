import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../../src/log/log.js'
import type { MemoryLink } from '../../../src/log/memory/memory-link.js'
import { sharedTurns, Turns } from '../../../src/support/turns.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

/** Reads that begin when they are let in, and end when the test says so. */
class Reads {
  readonly begun: string[] = []
  readonly #gate: Turns
  readonly #ends = new Map<string, PromiseWithResolvers<undefined>>()

  constructor(gate = new Turns()) {
    this.#gate = gate
  }

  start(name: string, limit: number): Promise<undefined> {
    const end = Promise.withResolvers<undefined>()
    this.#ends.set(name, end)
    return this.#gate.take(limit, () => {
      this.begun.push(name)
      return end.promise
    })
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve(undefined)
    await setImmediate()
  }

  async fail(name: string): Promise<void> {
    this.#ends.get(name)?.reject(new Error(`${name} failed`))
    await setImmediate()
  }
}

describe('the gate of pages', () => {
  it('lets as many reads through as the limit says, the others in the order they came', async () => {
    const reads = new Reads()
    for (const name of ['a', 'b', 'c', 'd', 'e']) void reads.start(name, 2)
    await setImmediate()
    expect(reads.begun).toEqual(['a', 'b'])
    await reads.end('b')
    expect(reads.begun).toEqual(['a', 'b', 'c'])
    await reads.end('a')
    await reads.end('c')
    expect(reads.begun).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('resolves with what was read', async () => {
    await expect(new Turns().take(1, () => Promise.resolve('a page'))).resolves.toBe('a page')
  })

  it('gives the place of a read that failed, or threw, to the next', async () => {
    const gate = new Turns()
    const reads = new Reads(gate)
    const failing = expect(reads.start('a', 1)).rejects.toThrow('a failed')
    const thrown = expect(
      gate.take(1, () => {
        throw new Error('closed')
      }),
    ).rejects.toThrow('closed')
    void reads.start('b', 1)
    await reads.fail('a')
    await Promise.all([failing, thrown])
    expect(reads.begun).toEqual(['a', 'b'])
  })

  it('lets nobody overtake who waits with a lower limit', async () => {
    const reads = new Reads()
    for (const name of ['a', 'b', 'c']) void reads.start(name, 3)
    void reads.start('alone', 1)
    void reads.start('d', 3)
    await reads.end('a')
    await reads.end('b')
    expect(reads.begun).toEqual(['a', 'b', 'c'])
    await reads.end('c')
    expect(reads.begun).toEqual(['a', 'b', 'c', 'alone', 'd'])
  })

  it('is one for all who read from a server on the same runtime', () => {
    const runtime = new VirtualRuntime()
    expect(sharedTurns(runtime, 'redis:6379')).toBe(sharedTurns(runtime, 'redis:6379'))
    expect(sharedTurns(runtime, 'redis:6379')).not.toBe(sharedTurns(runtime, 'other:6379'))
    expect(sharedTurns(runtime, 'redis:6379')).not.toBe(sharedTurns(new VirtualRuntime(), 'redis:6379'))
  })
})

describe('subscriptions that share the gate', () => {
  /** Links of a fleet that note who reads a page, and when it has. */
  function watched(fleet: VirtualFleet, name: string, reads: string[]): { link: MemoryLink; log: InvalidationLog } {
    const link = fleet.log.link()
    const log = changeCommands(link, (commands) => ({
      readPage: async (from, count) => {
        reads.push(`${name} begins`)
        return commands.readPage(from, count).finally(() => reads.push(`${name} ends`))
      },
    }))
    return { link, log }
  }

  it('read one after another, are let by where a link is lost, and leave out who has closed', async () => {
    const fleet = new VirtualFleet({ latencyMs: 10 })
    const reads: string[] = []
    const [a, b, c] = [watched(fleet, 'a', reads), watched(fleet, 'b', reads), watched(fleet, 'c', reads)]
    const follow = async ({ log }: typeof a): Promise<Follower> => {
      const follower = await fleet.follow({ log, connection: { replayConcurrency: 1, heartbeatMs: 3_600_000 } })
      await fleet.caughtUp(follower)
      return follower
    }
    const followers = [await follow(a), await follow(b), await follow(c)] as const
    await fleet.append('1')
    await Promise.all(followers.map((follower) => fleet.caughtUp(follower)))
    reads.length = 0
    for (const { link } of [a, b, c]) link.cut('feeds')
    await fleet.append('2')
    while (reads.length === 0) await fleet.runtime.advance(1)
    expect(reads).toEqual(['a begins'])
    void followers[1].subscription.close()
    a.link.cut('commands')
    await fleet.caughtUp(followers[2])
    await fleet.caughtUp(followers[0])
    expect(reads.slice(0, 4)).toEqual(['a begins', 'a ends', 'c begins', 'c ends'])
    expect(reads).not.toContain('b begins')
    expect(followers.map(({ handled }) => handled)).toEqual([['1', '2'], ['1'], ['1', '2']])
  })

  it('do not where their logs are on different servers, also where those are many: one that is silent holds up no other', async () => {
    const fleet = new VirtualFleet()
    const silent = changeCommands(fleet.log.link(), () => ({ readPage: () => new Promise(() => {}) }))
    const connection = { replayConcurrency: 1, heartbeatMs: 3_600_000 }
    const startAt = await fleet.appendRange(1, 3)
    await fleet.append('4')
    await fleet.follow({ log: { ...silent, server: undefined, origin: 'the cluster of a' }, connection, startAt })
    const other = { ...changeCommands(fleet.log.link(), () => ({})), server: undefined, origin: 'the cluster of b' }
    const follower = await fleet.follow({ log: other, connection, startAt })
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['4'])
  })
})
