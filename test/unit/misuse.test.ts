import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { within } from '../support/latch.js'
import { misuses } from '../support/misuses.js'
import { MemoryStage } from '../support/misuses/memory-stage.js'
import { codeOf } from '../support/misuses/misuse.js'

let stage: MemoryStage

beforeEach(() => {
  stage = new MemoryStage()
})

afterEach(() => stage.dispose())

describe.each(misuses['test/unit/misuse.test.ts'])('$what', ({ outcome, code, commit }) => {
  test(`${outcome} (${code})`, async () => {
    const error = await within(commit(stage), 15_000, 'the end of it')
    expect(codeOf(error), String(error)).toBe(code)
  })
})
