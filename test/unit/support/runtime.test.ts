import { afterEach, expect, test, vi } from 'vitest'
import { delay, resolvesWithin, systemRuntime } from '../../../src/support/runtime.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

afterEach(() => {
  vi.useRealTimers()
})

test('UUIDs are of version 4, each other than all before, over several series', () => {
  const ids = Array.from({ length: 10_000 }, () => systemRuntime.uuid())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  const series = new Set(ids.map((id) => id.slice(0, -3)))
  expect(series.size).toBeGreaterThanOrEqual(3)
})

test('fake timers move both clocks and run the timers, as users of them expect', () => {
  vi.useFakeTimers({ now: 1_000 })
  const before = systemRuntime.monotonic()
  let ran = 0
  systemRuntime.after(50, () => ran++)
  vi.advanceTimersByTime(50)
  const elapsed = systemRuntime.monotonic() - before
  expect({ ran, now: systemRuntime.now(), elapsed }).toEqual({ ran: 1, now: 1_050, elapsed: 50 })
})

const never = new Promise<never>(() => {})

test('a delay ends when its time is over, or with its signal', async () => {
  const runtime = new VirtualRuntime()
  const controller = new AbortController()
  const ended: string[] = []
  void delay(runtime, 100).then(() => ended.push(`alone at ${runtime.monotonic()}`))
  void delay(runtime, 50, controller.signal).then(() => ended.push(`before its signal at ${runtime.monotonic()}`))
  void delay(runtime, 1_000, controller.signal).then(() => ended.push(`with its signal at ${runtime.monotonic()}`))
  await runtime.advance(100)
  controller.abort()
  await delay(runtime, 1_000, controller.signal)
  expect(ended).toEqual(['before its signal at 50', 'alone at 100', 'with its signal at 100'])
  await expect(runtime.runUntil(never, 10_000)).rejects.toThrow('no timer is left')
})

test('what resolves in time leaves no timer; what does not is waited for no longer', async () => {
  const runtime = new VirtualRuntime()
  expect(await resolvesWithin(runtime, 100, Promise.resolve())).toBe(true)
  await expect(resolvesWithin(runtime, 100, Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(runtime.runUntil(never, 10_000)).rejects.toThrow('no timer is left')
  const late = Promise.withResolvers<undefined>()
  const waiting = resolvesWithin(runtime, 100, late.promise)
  await runtime.advance(100)
  expect(await waiting).toBe(false)
  late.reject(new Error('too late'))
  await runtime.settle()
})
