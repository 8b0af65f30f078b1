import { expect, test } from 'vitest'
import { TestCaller } from './fixtures.js'

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
