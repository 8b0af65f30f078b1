import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NetworkStage, places } from '../support/network-stage.js'
import { expectNothingHangs } from '../support/time-limits.js'

let stage: NetworkStage

beforeEach(async () => {
  stage = await NetworkStage.start()
})

afterEach(() => stage.stop())

const rounds = 3

describe.each(['cut', 'reset', 'cut-mid-reply'] as const)('a link that suffers a %s, again and again,', (kind) => {
  it.each(places)('(%s) comes back by itself, keeps nobody waiting, and misses nothing', async (place) => {
    const nothingHangs = expectNothingHangs(stage)
    for (let round = 0; round < rounds; round++) {
      const back = stage.comesBack(place)
      stage.inflict({ kind }, place)
      await back
    }
    await nothingHangs
    await stage.expectPromiseKept()
    const breaks = stage.followers.map(({ states }) => states.filter((state) => state === 'disconnected').length)
    if (place === 'publisher') expect(breaks).toEqual(breaks.map(() => 0))
  })
})
