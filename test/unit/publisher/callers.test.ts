import { expect, test } from 'vitest'
import { Callers } from '../../../src/publisher/callers.js'
import { TestCaller } from './fixtures.js'

test('the oldest is the one that has waited longest and still does', () => {
  const held = new Callers()
  const callers = Array.from({ length: 3 }, () => new TestCaller())
  for (const { caller } of callers) held.add(caller)
  callers[0]?.caller.reject(new Error('gone'))
  expect(held.oldest).toBe(callers[1]?.caller)
})

test('those that have settled are not held, whichever they are', () => {
  const held = new Callers()
  held.add(new TestCaller().caller)
  for (let n = 0; n < 10_000; n++) {
    const { caller } = new TestCaller()
    held.add(caller)
    caller.reject(new Error('timed out'))
  }
  expect(held.held).toBeLessThan(50)
})

test('a caller settles once', () => {
  const caller = new TestCaller()
  caller.caller.resolve({ messageId: 'm', position: '1-0@a', receivers: 0 })
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
