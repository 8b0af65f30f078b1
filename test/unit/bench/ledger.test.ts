import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Ledger } from '../../../bench/flood/ledger.js'

describe('the ledger of a round', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function begun(first: number, count: number): Ledger {
    const ledger = new Ledger(() => Date.now())
    ledger.begin(first, count)
    return ledger
  }

  test('an id counts once, however often it comes', () => {
    const ledger = begun(100, 10)
    for (const id of ['100', '109', '100', '100']) ledger.handle(id)
    expect(ledger).toMatchObject({ handled: 2, duplicates: 2, sample: ['100', '109'] })
  })

  test('what comes late from the round before counts in neither', async () => {
    const ledger = begun(0, 10)
    await vi.advanceTimersByTimeAsync(5)
    ledger.begin(10, 10)
    await vi.advanceTimersByTimeAsync(5)
    for (const id of ['9', 'end', '20']) ledger.handle(id)
    expect(ledger).toMatchObject({ handled: 0, duplicates: 0, lastAt: 5 })
  })

  test('a round is settled as soon as all is handled, also where that was before anybody asked', async () => {
    const ledger = begun(0, 10)
    ledger.handle('0')
    const settled = ledger.settled(2, 1_000)
    await vi.advanceTimersByTimeAsync(500)
    ledger.handle('0')
    ledger.handle('1')
    await settled
    await ledger.settled(2, 1_000)
    expect(ledger).toMatchObject({ handled: 2, lastAt: 500 })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a round that lost messages is settled when nothing more came for long enough', async () => {
    const ledger = begun(0, 10)
    const onSettled = vi.fn()
    const settled = ledger.settled(3, 1_000).then(onSettled)
    await vi.advanceTimersByTimeAsync(900)
    ledger.handle('7')
    await vi.advanceTimersByTimeAsync(900)
    expect(onSettled).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(100)
    await settled
    expect(ledger).toMatchObject({ handled: 1, lastAt: 900 })
    expect(vi.getTimerCount()).toBe(0)
  })
})
