import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../../bench/micro/codec.js'
import { continuity, dispatch, watermark } from '../../../bench/micro/delivery.js'
import { glob, globHostile } from '../../../bench/micro/glob.js'

describe('micro', () => {
  it.each([
    { measured: encode, result: 18_200, unit: 'characters' },
    { measured: decode, result: 100, unit: 'messages' },
    { measured: continuity, result: 1_000, unit: 'entries accepted' },
    { measured: dispatch, result: 1_000, unit: 'messages handled' },
    { measured: glob, result: 50, unit: 'matches' },
    { measured: globHostile, result: 0, unit: 'matches' },
    { measured: watermark, result: 1_000, unit: 'values advanced' },
  ])('does the same work in each variant of $measured.name: $result $unit', async ({ measured, result }) => {
    const results = await Promise.all(measured.tasks.map(async ({ run }) => run()))

    expect(results).toEqual(measured.tasks.map(() => result))
  })
})
