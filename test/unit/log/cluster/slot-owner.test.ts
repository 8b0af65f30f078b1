import { describe, expect, it } from 'vitest'
import { SlotOwner } from '../../../../src/log/cluster/slot-owner.js'
import type { Topology } from '../../../../src/log/cluster/topology.js'
import type { Address } from '../../../../src/log/address.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

const [a, b, c] = ['a', 'b', 'c'].map((host) => ({ host, port: 7_000 })) as [Address, Address, Address]
const owned = (owner: Address | undefined): Promise<Topology> => Promise.resolve({ owner, nodes: [a, b, c] })
const never = (): Promise<Topology> => new Promise(() => {})

function ownerOf(ask: (node: Address) => Promise<Topology>, seeds: readonly Address[] = [a, b, c]) {
  const runtime = new VirtualRuntime()
  const asked: string[] = []
  const owner = new SlotOwner({
    ...{ seeds, runtime },
    ask: (node) => {
      asked.push(node.host)
      return ask(node)
    },
  })
  return { runtime, asked, owner }
}

describe('the owner of a slot', () => {
  it('is whom the first node names that answers; no other is asked', async () => {
    const { owner, asked } = ownerOf(() => owned(b))
    expect(await owner.locate()).toEqual(b)
    expect(asked).toHaveLength(1)
  })

  it('is looked up once for all who ask at the same time', async () => {
    const { owner, asked } = ownerOf(() => owned(b))
    expect(await Promise.all([owner.locate(), owner.locate()])).toEqual([b, b])
    expect(asked).toHaveLength(1)
  })

  it('is found although all other nodes are silent, refuse, or know of none', async () => {
    const { owner, runtime } = ownerOf((node) => (node === a ? never() : node === b ? owned(undefined) : owned(c)))
    const located = owner.locate()
    await runtime.advance(1_000)
    expect(await located).toEqual(c)
  })

  it('is asked of nodes that were named, and not of the seeds alone', async () => {
    let seedUp = true
    const { owner, runtime, asked } = ownerOf(
      (node) => (node === a && !seedUp ? Promise.reject(new Error('down')) : owned(b)),
      [a],
    )
    await owner.locate()
    seedUp = false
    for (let round = 0; round < 20; round++) {
      const located = owner.locate()
      await runtime.advance(1_000)
      expect(await located).toEqual(b)
    }
    expect(new Set(asked)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('is whom a redirect names, once: where that one is gone the nodes are asked again', async () => {
    const { owner, asked } = ownerOf(() => owned(b))
    owner.movedTo(c)
    expect(await owner.locate()).toEqual(c)
    expect(asked).toEqual([])
    expect(await owner.locate()).toEqual(b)
  })

  it('can not be found where no node answers: what the last one failed with is told, and the next look may succeed', async () => {
    let up = false
    const { owner, runtime } = ownerOf((node) => (up ? owned(a) : Promise.reject(new Error(`${node.host} is down`))))
    const located = owner.locate().catch(String)
    await runtime.advance(1_000)
    expect(await located).toMatch(/[abc] is down/)
    up = true
    expect(await owner.locate()).toEqual(a)
  })

  it('is not looked for any further where a node refuses us: so would all others', async () => {
    const refusal = Object.assign(new Error('WRONGPASS invalid username-password pair'), { name: 'ReplyError' })
    const { owner, runtime } = ownerOf((node) => (node === a ? Promise.reject(refusal) : never()))
    const located = owner.locate().catch(String)
    await runtime.advance(1_000)
    expect(await located).toContain('WRONGPASS')
  })
})
