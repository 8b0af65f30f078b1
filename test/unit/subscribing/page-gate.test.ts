import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PageGate, pageGate } from '../../../src/subscribing/page-gate.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

/** Reads that begin when they are let in, and end when the test says so. */
class Reads {
  readonly begun: string[] = []
  readonly #gate: PageGate
  readonly #ends = new Map<string, PromiseWithResolvers<undefined>>()

  constructor(gate = new PageGate()) {
    this.#gate = gate
  }

  start(name: string, limit: number): Promise<undefined> {
    const end = Promise.withResolvers<undefined>()
    this.#ends.set(name, end)
    return this.#gate.run(limit, () => {
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
    await expect(new PageGate().run(1, () => Promise.resolve('a page'))).resolves.toBe('a page')
  })

  it('gives the place of a read that failed, or threw, to the next', async () => {
    const gate = new PageGate()
    const reads = new Reads(gate)
    const failing = expect(reads.start('a', 1)).rejects.toThrow('a failed')
    const thrown = expect(
      gate.run(1, () => {
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
    expect(pageGate(runtime, 'redis:6379')).toBe(pageGate(runtime, 'redis:6379'))
    expect(pageGate(runtime, 'redis:6379')).not.toBe(pageGate(runtime, 'other:6379'))
    expect(pageGate(runtime, 'redis:6379')).not.toBe(pageGate(new VirtualRuntime(), 'redis:6379'))
  })
})
