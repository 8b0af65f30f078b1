import { afterEach, beforeEach, describe, it } from 'vitest'
import { NetworkStage, places } from '../support/network-stage.js'
import type { Fault } from '../support/tcp-proxy.js'
import { expectNothingHangs } from '../support/time-limits.js'

let stage: NetworkStage

beforeEach(async () => {
  stage = await NetworkStage.start()
})

afterEach(() => stage.stop())

const breaking: readonly { readonly name: string; readonly faults: readonly Fault[] }[] = [
  { name: 'half-open', faults: [{ kind: 'stall' }] },
  { name: 'slower than the deadline', faults: [{ kind: 'delay', ms: 1_000 }] },
  { name: 'cut, and refused from then on', faults: [{ kind: 'refuse' }, { kind: 'cut' }] },
]

describe.each(breaking)('a link that is $name', ({ faults }) => {
  it.each(places)('(%s) is known to be down in time, keeps nobody waiting, and misses nothing', async (place) => {
    for (const fault of faults) stage.inflict(fault, place)
    await Promise.all([stage.noticed(place), expectNothingHangs(stage)])
    stage.expectDown(place)
    stage.heal()
    await stage.expectPromiseKept()
  })
})
