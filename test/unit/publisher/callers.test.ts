import { describe, expect, test } from 'vitest'
import { Callers, type Receipt } from '../../../src/publisher/callers.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'
import { settled, TestCaller } from './fixtures.js'

const receipt: Receipt = { messageId: 'm', position: '1-0@a', receivers: 0 }

test('a caller settles once', () => {
  const caller = new TestCaller()
  caller.caller.resolve(receipt)
  caller.caller.reject(new Error('too late'))
  expect(caller.outcome).toBe('m')
})

test('a caller leaves with the reason of its signal, and then listens no more', () => {
  const caller = new TestCaller()
  const controller = new AbortController()
  caller.caller.leaveOn(controller.signal)
  controller.abort(new Error('no longer wanted'))
  expect(caller.outcome).toEqual(new Error('no longer wanted'))
  expect(caller.caller.waiting).toBe(false)
})

function createCallers() {
  const runtime = new VirtualRuntime()
  const state = { oldest: Infinity, rejected: 0 }
  const outcomes: string[] = []
  const callers = new Callers({
    runtime,
    timeoutMs: 1_000,
    timeoutError: () => new Error('timeout'),
    oldestSequence: () => state.oldest,
    onRejected: () => (state.rejected += 1),
  })
  return {
    runtime,
    state,
    outcomes,
    callers,
    publish: (name: string, signal?: AbortSignal) =>
      callers.add(
        {
          resolve: ({ messageId }) => outcomes.push(`${name}: ${messageId}`),
          reject: (error) => outcomes.push(`${name}: ${String(error)}`),
        },
        runtime.monotonic(),
        signal,
      ),
    flush: (sequence: number) => {
      callers.flush(sequence).then(
        () => outcomes.push(`flush ${sequence}`),
        (error: unknown) => outcomes.push(`flush ${sequence}: ${String(error)}`),
      )
    },
  }
}

describe('the callers of a publisher', () => {
  test('are rejected at the timeout, at most 1% late, unless they were resolved', async () => {
    const { runtime, state, outcomes, publish } = createCallers()
    const first = publish('first')
    await runtime.advance(5)
    publish('second')
    first.resolve(receipt)
    await runtime.advance(999)
    expect(outcomes).toEqual(['first: m'])
    await runtime.advance(10)
    expect(outcomes).toEqual(['first: m', 'second: Error: timeout'])
    expect(state.rejected).toBe(1)
  })

  test('are rejected and counted when their signals abort', () => {
    const { state, outcomes, publish } = createCallers()
    const controller = new AbortController()
    publish('one', controller.signal)
    publish('other')
    controller.abort('changed')
    expect(outcomes).toEqual(['one: changed'])
    expect(state.rejected).toBe(1)
  })

  test('that flush wait until every message up to then is appended', async () => {
    const { state, outcomes, callers, flush } = createCallers()
    flush(0)
    state.oldest = 2
    for (const sequence of [1, 2, 4]) flush(sequence)
    await settled()
    expect(outcomes).toEqual(['flush 0', 'flush 1'])
    callers.progress()
    state.oldest = 3
    callers.progress()
    await settled()
    expect(outcomes).toEqual(['flush 0', 'flush 1', 'flush 2'])
    state.oldest = Infinity
    callers.progress()
    await settled()
    expect(outcomes.at(-1)).toBe('flush 4')
  })

  test('are all rejected at the end, and no timer is left', async () => {
    const { runtime, state, outcomes, callers, publish, flush } = createCallers()
    state.oldest = 1
    publish('one')
    flush(1)
    callers.rejectAll(new Error('closed'))
    await settled()
    expect(outcomes).toEqual(['one: Error: closed', 'flush 1: Error: closed'])
    await expect(runtime.runUntil(new Promise<never>(() => {}), 10_000)).rejects.toThrow('no timer is left')
  })
})
