import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whileProgressing } from '../../../examples/demo/services/while-progressing.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Rejects when the signal aborts. */
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

test('a wait goes on for as long as there is progress, and ends when there was none for long enough', async () => {
  let handled = 0
  let ended = false
  const waiting = whileProgressing(30_000, () => handled, untilAborted).finally(() => (ended = true))
  const outcome = expect(waiting).rejects.toThrow('no progress for 30 s')
  for (let second = 0; second < 120; second += 20) {
    handled++
    await vi.advanceTimersByTimeAsync(20_000)
  }
  expect(ended).toBe(false)
  await vi.advanceTimersByTimeAsync(31_000)
  await outcome
})

test('a wait that resolves leaves no timer', async () => {
  await whileProgressing(
    30_000,
    () => 0,
    () => Promise.resolve(),
  )
  expect(vi.getTimerCount()).toBe(0)
})
