import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NetworkStage, type Place, places } from '../support/network-stage.js'
import type { Fault } from '../support/tcp-proxy.js'
import { expectNothingHangs } from '../support/time-limits.js'

let stage: NetworkStage

beforeEach(async () => {
  stage = await NetworkStage.start()
})

afterEach(() => stage.stop())

const slowing: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'far away', fault: { kind: 'delay', ms: 50 } },
  { name: 'slow to a trickle', fault: { kind: 'trickle', bytesPerSecond: 4_000 } },
]

describe.each(slowing)('a link that is $name', ({ fault }) => {
  it.each(places)(
    '(%s) keeps nobody waiting, vouches for nothing it has not handled, and misses nothing',
    async (place) => {
      stage.inflict(fault, place)
      await expectNothingHangs(stage)
      stage.heal()
      await stage.expectPromiseKept()
    },
  )
})

describe('a Pub/Sub link that is open, answers PING, and delivers nothing', () => {
  it.each<Place>(['feed', 'everywhere'])('(%s) is replaced, while the log makes up for it', async (place) => {
    stage.inflict({ kind: 'deaf' }, place)
    await Promise.all([stage.said('disconnected'), expectNothingHangs(stage)])
    stage.heal()
    await stage.expectPromiseKept()
    for (const { subscription } of stage.followers) expect(subscription.counts.gaps).toBeGreaterThan(0)
  })
})
