import { expect, test } from 'vitest'
import { Waiters } from '../../../src/publisher/callers.js'
import { Caller } from './fixtures.js'

test('the oldest is the one that has waited longest and still does', () => {
  const waiters = new Waiters()
  const callers = Array.from({ length: 3 }, () => new Caller())
  for (const { waiter } of callers) waiters.add(waiter)
  callers[0]?.waiter.reject(new Error('gone'))
  expect(waiters.oldest).toBe(callers[1]?.waiter)
})

test('those that have settled are not held, whichever they are', () => {
  const waiters = new Waiters()
  waiters.add(new Caller().waiter)
  for (let n = 0; n < 10_000; n++) {
    const { waiter } = new Caller()
    waiters.add(waiter)
    waiter.reject(new Error('timed out'))
  }
  expect(waiters.held).toBeLessThan(50)
})

test('a waiter settles once', () => {
  const caller = new Caller()
  caller.waiter.resolve({ messageId: 'm', position: '1-0@a', receivers: 0 })
  caller.waiter.reject(new Error('too late'))
  expect(caller.outcome).toBe('m')
})

test('a waiter leaves with the reason of its signal, and then listens no more', () => {
  const caller = new Caller()
  const controller = new AbortController()
  caller.waiter.leaveOn(controller.signal)
  controller.abort(new Error('no longer wanted'))
  expect(caller.outcome).toEqual(new Error('no longer wanted'))
  expect(caller.waiter.waiting).toBe(false)
})
