import { expect, test } from 'vitest'
import { seededRandom } from '../../../examples/demo/services/random.js'
import { linkFaults, processFaults, type ServerFaultKind } from '../../soak/faults/kinds.js'
import { type PlannedFault, planWaves, type Wave } from '../../soak/faults/schedule.js'

const servers: ServerFaultKind[] = [
  { name: 'redis paused', minMs: 300, maxMs: 2_500 },
  { name: 'tail lost', minMs: 0, maxMs: 0, losesTail: true },
]
const victims = { servers, publishers: ['p1', 'p2'], subscribers: ['s1', 's2', 's3'] }

function waves(seed: number, count = 300): Wave[] {
  const planned = planWaves(seededRandom(seed), victims)
  return Array.from({ length: count }, () => planned.next().value)
}

const faultsOf = ({ lanes, last }: Wave): PlannedFault[] => [...lanes.flat(), ...(last ? [last] : [])]
const names = (wave: Wave): string[] => faultsOf(wave).map(({ kind }) => kind.name)

test('the same seed plans the same faults, another seed others', () => {
  expect(waves(7, 10)).toEqual(waves(7, 10))
  expect(waves(7, 10)).not.toEqual(waves(8, 10))
})

test('every kind has its turn', () => {
  const kinds = [...servers, ...processFaults, ...linkFaults].map(({ name }) => name)
  expect(new Set(waves(1, 5).flatMap(names))).toEqual(new Set(kinds))
})

test('one thing at a time happens to the servers, to a process and to its links', () => {
  for (const { lanes } of waves(2)) {
    const owners = lanes.map((lane) => new Set(lane.map((each) => (each.on === 'servers' ? 'servers' : each.process))))
    expect(owners.every((each) => each.size === 1)).toBe(true)
    expect(new Set(owners.flatMap((each) => [...each])).size).toBe(lanes.length)
  }
})

test('no publisher is killed where the servers lose what they had acknowledged', () => {
  const all = waves(3).map(names)
  expect(all.some((each) => each.includes('tail lost') && each.includes('publisher killed'))).toBe(false)
  expect(all.some((each) => each.includes('tail lost'))).toBe(true)
  expect(all.some((each) => each.includes('publisher killed'))).toBe(true)
})

test('only who has a feed goes deaf', () => {
  const deaf = waves(4)
    .flatMap(faultsOf)
    .filter(({ kind }) => kind.name === 'link deaf')
  expect(deaf.length).toBeGreaterThan(0)
  for (const each of deaf) expect(each).toMatchObject({ only: 'feed', process: expect.stringMatching(/^s/) as unknown })
})

test('a fault is on for as long as its kind allows', () => {
  for (const { kind, forMs } of waves(5).flatMap(faultsOf)) {
    expect(forMs).toBeGreaterThanOrEqual(kind.minMs)
    expect(forMs).toBeLessThanOrEqual(kind.maxMs)
  }
})

test('some waves end with a fault alone that lasts, on the link of a subscriber', () => {
  const last = waves(6).map((wave) => wave.last)
  expect(last).toContain(undefined)
  const alone = last.filter((each) => each !== undefined)
  expect(new Set(alone.map(({ kind }) => kind.name))).toContain('link deaf')
  for (const each of alone) {
    expect(each).toMatchObject({ on: 'link', process: expect.stringMatching(/^s/) as unknown })
    expect(each.forMs).toBeGreaterThan(0)
  }
})
