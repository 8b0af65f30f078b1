import { expect, it } from 'vitest'
import { GarbageReport } from '../../../../src/subscriber/follow/garbage-report.js'
import { InvalidMessageError, type InvalidMessageReason } from '../../../../src/support/errors.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

function startReport(): {
  add: (reason: InvalidMessageReason, times?: number) => void
  told: string[]
  wait: (ms: number) => Promise<void>
} {
  const runtime = new VirtualRuntime()
  const told: string[] = []
  const report = new GarbageReport(runtime, (error) => told.push(`${error.reason}: ${error.message}`))
  const add = (reason: InvalidMessageReason, times = 1): void => {
    for (let time = 0; time < times; time++) report.add([new InvalidMessageError('bad', { reason })])
  }
  return { add, told, wait: (ms) => runtime.advance(ms) }
}

it('tells the first of each kind as it is', () => {
  const { add, told } = startReport()
  add('json', 1_000)
  add('field', 1_000)
  add('size')
  expect(told).toEqual(['json: bad', 'field: bad', 'size: bad'])
})

it('tells one a minute after that, and how many came meanwhile', async () => {
  const { add, told, wait } = startReport()
  add('json', 42)
  await wait(59_999)
  add('json')
  expect(told).toHaveLength(1)
  await wait(1)
  add('json', 5)
  expect(told.slice(1)).toEqual(['json: bad (and 42 more of this kind since the last report)'])
  await wait(60_000)
  add('json')
  expect(told.slice(2)).toEqual(['json: bad (and 4 more of this kind since the last report)'])
})

it('says nothing of others where there were none', async () => {
  const { add, told, wait } = startReport()
  add('size')
  await wait(60_000)
  add('size')
  expect(told).toEqual(['size: bad', 'size: bad'])
})
