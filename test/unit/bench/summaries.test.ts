import { expect, test } from 'vitest'
import { faultsOf, summariseCases } from '../../../bench/summaries.js'
import { madeUpResults, madeUpRuns } from './made-up-results.js'

const at = ['throughput', '1 in flight', { in_flight: 1 }] as const
const library = ['cache-invalidation', 'ours'] as const
const other = ['ioredis', 'theirs'] as const

test('a case has a summary for each figure and variant, in the order of the repetitions', () => {
  const runs = [
    ...madeUpRuns(at, library, { handled_per_s: 300 }).toReversed(),
    ...madeUpRuns(at, other, { handled_per_s: 100 }),
  ]
  const [summary, ...others] = summariseCases(madeUpResults({ runs }), 'throughput')
  expect(others).toEqual([])
  expect(summary).toMatchObject({ name: '1 in flight', parameters: { in_flight: 1 } })
  const [handled, ...figures] = summary?.figures ?? []
  expect(figures).toEqual([])
  const [ours, theirs] = handled?.variants ?? []
  const inOrder = runs.slice(0, 5).toReversed()
  expect(ours).toMatchObject({
    title: 'ours',
    median: 300,
    values: inOrder.map(({ figures }) => figures.handled_per_s),
  })
  expect(ours?.oursOverThis).toBeUndefined()
  expect(theirs).toMatchObject({ title: 'theirs', median: 100, oursOverThis: 3 })
})

test('variants are not set in relation to ours where ours has no such figure', () => {
  const runs = madeUpRuns(at, other, { handled_per_s: 100 })
  const [summary] = summariseCases(madeUpResults({ runs }), 'throughput')
  expect(summary?.figures[0]?.variants[0]?.oursOverThis).toBeUndefined()
})

test('a fault in one of the repetitions is told with its count, and is no figure among others', () => {
  const runs = [
    ...madeUpRuns(at, library, { handled_per_s: 300, lost: 0 }),
    ...madeUpRuns(at, other, { handled_per_s: 100, lost: 12 }),
  ]
  const results = madeUpResults({ runs })
  expect(faultsOf(results)).toEqual([
    expect.objectContaining({ case: '1 in flight', variant: 'theirs', count: 12, inRuns: 1, ofRuns: 5 }),
  ])
  const [summary] = summariseCases(results, 'throughput')
  expect(summary?.figures.map(({ name }) => name)).toEqual(['handled_per_s'])
})
