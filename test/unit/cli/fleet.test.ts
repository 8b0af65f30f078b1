import { describe, expect, it } from 'vitest'
import { readFleet } from '../../../src/cli/fleet.js'
import { announced } from '../../support/announced.js'

describe('a fleet', () => {
  it('is in order of service and name, without what is no announcement', () => {
    const fleet = readFleet([
      announced({ service: 'b', name: 'x' }),
      { id: 'foreign', record: '{"seenAt":1,"ttlMs":2,"name":7}', ageMs: 1 },
      announced({ service: 'a', name: 'z' }),
      announced({ service: 'a', name: 'y' }),
    ])
    expect(fleet.map(({ service, name }) => service + name)).toEqual(['ay', 'az', 'bx'])
  })

  it.each([
    [1_000, 15_000, false],
    [1_000, 15_001, true],
    [60_000, 180_000, false],
    [60_000, 180_001, true],
  ])('with a heartbeat of %d ms, one heard of %d ms ago is silent: %s', (heartbeatMs, ageMs, silent) => {
    expect(readFleet([announced({ heartbeatMs }, ageMs)])).toMatchObject([{ silent, ageMs }])
  })

  it('marks a name that two have at once, of whatever services', () => {
    const fleet = readFleet([announced({ service: 'a', name: 'x' }), announced({ service: 'b', name: 'x' })])
    expect(fleet.map(({ nameTaken }) => nameTaken)).toEqual([true, true])
  })

  it('marks no name whose last holder has fallen silent, nor those without one', () => {
    const fleet = readFleet([
      announced({ name: 'x', pid: 1 }),
      announced({ name: 'x', pid: 2 }, 100_000),
      announced({ name: '' }),
      announced({ name: '' }),
    ])
    expect(fleet.map(({ nameTaken }) => nameTaken)).toEqual([false, false, false, false])
  })
})
