import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Address } from '../../../../../src/log/redis/topology/address.js'
import { PrimaryFinder, type Topology } from '../../../../../src/log/redis/topology/primary-finder.js'
import { VirtualRuntime } from '../../../../support/virtual-runtime.js'

const [a, b, c] = ['a', 'b', 'c'].map((host) => ({ host, port: 7_000 })) as [Address, Address, Address]
const named = (primary: Address | undefined): Promise<Topology> => Promise.resolve({ primary, nodes: [a, b, c] })
const never = (): Promise<Topology> => new Promise(() => {})

function finderOf(ask: (node: Address) => Promise<Topology>, seeds: readonly Address[] = [a, b, c]) {
  const runtime = new VirtualRuntime()
  const asked: string[] = []
  const finder = new PrimaryFinder({
    seeds,
    runtime,
    unknown: 'nobody knows',
    ask: (node) => {
      asked.push(node.host)
      return ask(node)
    },
  })
  return { runtime, asked, finder }
}

describe('the primary', () => {
  it('is whom the first node names that answers; no other is asked', async () => {
    const { finder, asked } = finderOf(() => named(b))
    expect(await finder.locate()).toEqual(b)
    expect(asked).toHaveLength(1)
  })

  it('is looked up once for all who ask at the same time', async () => {
    const { finder, asked } = finderOf(() => named(b))
    expect(await Promise.all([finder.locate(), finder.locate()])).toEqual([b, b])
    expect(asked).toHaveLength(1)
  })

  it('is found although all other nodes are silent, refuse, or know of none', async () => {
    const { finder, runtime } = finderOf((node) => (node === a ? never() : node === b ? named(undefined) : named(c)))
    const located = finder.locate()
    await runtime.advance(1_000)
    expect(await located).toEqual(c)
  })

  it('is asked of nodes that were named, and not of the seeds alone', async () => {
    let seedUp = true
    const { finder, runtime, asked } = finderOf(
      (node) => (node === a && !seedUp ? Promise.reject(new Error('down')) : named(b)),
      [a],
    )
    await finder.locate()
    seedUp = false
    for (let round = 0; round < 20; round++) {
      const located = finder.locate()
      await runtime.advance(1_000)
      expect(await located).toEqual(b)
    }
    expect(new Set(asked)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('is whom a redirect names, once: where that one is gone the nodes are asked again', async () => {
    const { finder, asked } = finderOf(() => named(b))
    finder.movedTo(c)
    expect(await finder.locate()).toEqual(c)
    expect(asked).toEqual([])
    expect(await finder.locate()).toEqual(b)
  })

  it('can not be found where no node answers: what the last one failed with is told, and the next look may succeed', async () => {
    let up = false
    const { finder, runtime } = finderOf((node) => (up ? named(a) : Promise.reject(new Error(`${node.host} is down`))))
    const located = finder.locate().catch(String)
    await runtime.advance(1_000)
    expect(await located).toMatch(/([abc]):7000 could not be asked for it: \1 is down/)
    up = true
    expect(await finder.locate()).toEqual(a)
  })

  it('is not looked for any further where a node refuses us: so would all others', async () => {
    const refusal = Object.assign(new Error('WRONGPASS invalid username-password pair'), { name: 'ReplyError' })
    const { finder, runtime } = finderOf((node) => (node === a ? Promise.reject(refusal) : never()))
    const located = finder.locate().catch(String)
    await runtime.advance(1_000)
    expect(await located).toContain('WRONGPASS')
  })

  it('is asked of nobody else once a node has refused us, which nobody has to handle before the look is over', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      const refusal = Object.assign(new Error('WRONGPASS invalid username-password pair'), { name: 'ReplyError' })
      const first = Promise.withResolvers<Topology>()
      const { finder, runtime, asked } = finderOf(() => (asked.length === 1 ? first.promise : never()))
      const located = finder.locate().catch(String)
      await runtime.advance(150)
      expect(asked).toHaveLength(2)
      first.reject(refusal)
      // As long as the second one has left of its head start nobody awaits what the look comes to.
      for (let turn = 0; turn < 3; turn++) await setImmediate()
      await runtime.advance(1_000)
      expect(await located).toContain('WRONGPASS')
      expect(asked).toHaveLength(2)
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })
})
