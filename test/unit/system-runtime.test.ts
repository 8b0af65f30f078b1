import { expect, test } from 'vitest'
import { systemRuntime } from '../../src/runtime.js'

test('UUIDs are of version 4, each other than all before, over several series', () => {
  const ids = Array.from({ length: 10_000 }, () => systemRuntime.uuid())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  const series = new Set(ids.map((id) => id.slice(0, -3)))
  expect(series.size).toBeGreaterThanOrEqual(3)
})
