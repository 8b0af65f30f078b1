import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { misuses } from '../support/misuses.js'
import { codeOf } from '../support/misuses/misuse.js'

let fleet: LiveFleet

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterAll(() => fleet.stop())

describe.each(misuses['test/faults/misuse.test.ts'])('$what', ({ outcome, code, commit }) => {
  test(`${outcome} (${code})`, async () => {
    const error = await within(commit(fleet), 15_000, 'the end of it')
    expect(codeOf(error), String(error)).toBe(code)
  })
})
