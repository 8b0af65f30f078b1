import { beforeEach, expect, test } from 'vitest'
import { Deadlines, type Limited } from '../../../src/support/deadlines.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

class CountingRuntime extends VirtualRuntime {
  timers = 0
  /** Timers that were set, and have neither fired nor been cancelled. */
  pending = 0

  /** Called when the event loop has turned, before what waited for that goes on. */
  onTurn: () => void = () => undefined

  override async yield(): Promise<void> {
    await super.yield()
    this.onTurn()
  }

  override after(delayMs: number, run: () => void): ReturnType<VirtualRuntime['after']> {
    this.timers++
    this.pending++
    let isPending = true
    const end = (): void => {
      if (isPending) this.pending--
      isPending = false
    }
    const timer = super.after(delayMs, () => {
      end()
      run()
    })
    return {
      cancel() {
        end()
        timer.cancel()
      },
    }
  }
}

class Item implements Limited {
  readonly name: string
  readonly deadline: number
  waiting = true

  constructor(name: string, deadline: number) {
    this.name = name
    this.deadline = deadline
  }
}

let runtime: CountingRuntime
let expired: string[]
let deadlines: Deadlines<Item>

function create(slackMs?: number): Deadlines<Item> {
  return new Deadlines({
    runtime,
    ...(slackMs !== undefined && { slackMs }),
    onExpired(item) {
      item.waiting = false
      expired.push(`${item.name} at ${runtime.monotonic()}`)
    },
  })
}

beforeEach(() => {
  runtime = new CountingRuntime()
  expired = []
  deadlines = create()
})

function start(name: string, limitMs = 1_000): Item {
  const item = new Item(name, runtime.monotonic() + limitMs)
  deadlines.add(item)
  return item
}

test('each item expires at its own deadline', async () => {
  start('a')
  await runtime.advance(300)
  start('b')
  start('c')
  await runtime.advance(400)
  start('d')
  await runtime.advance(5_000)
  expect(expired).toEqual(['a at 1000', 'b at 1300', 'c at 1300', 'd at 1700'])
})

test('an item that was over in time does not expire', async () => {
  const early = start('a')
  start('b')
  await runtime.advance(999)
  early.waiting = false
  await runtime.advance(1)
  expect(expired).toEqual(['b at 1000'])
})

test('an item that is added after a quiet time gets its whole time', async () => {
  start('a').waiting = false
  await runtime.advance(10_000)
  start('b')
  await runtime.advance(999)
  expect(expired).toEqual([])
  await runtime.advance(1)
  expect(expired).toEqual(['b at 11000'])
})

test('an item whose deadline is before that of one that is over does not wait for it', async () => {
  start('long', 60_000).waiting = false
  await runtime.advance(10)
  start('short', 1_000)
  await runtime.advance(60_000)
  expect(expired).toEqual(['short at 1010'])
})

test('items whose deadlines are close expire together, late by no more than the slack', async () => {
  deadlines = create(50)
  for (let item = 0; item < 200; item++) {
    start(`${item}`)
    await runtime.advance(1)
  }
  await runtime.advance(5_000)
  const lateness = expired.map((text) => Number(text.split(' at ')[1]) - Number(text.split(' ')[0]) - 1_000)
  expect(lateness).toHaveLength(200)
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...lateness)).toBeLessThanOrEqual(50)
  expect(runtime.timers).toBeLessThanOrEqual(6)
})

test('a thousand items that come and go share a timer', async () => {
  for (let item = 0; item < 1_000; item++) {
    const one = start(`${item}`)
    await runtime.advance(1)
    one.waiting = false
  }
  expect(runtime.timers).toBeLessThanOrEqual(2)
  expect(expired).toEqual([])
})

test('when nothing waits any more no timer is set again', async () => {
  start('a').waiting = false
  start('b')
  await runtime.advance(1_000)
  expect(expired).toEqual(['b at 1000'])
  expect(runtime.pending).toBe(0)
})

test('items that are taken out are handed back in order, never expire, and leave no timer', async () => {
  const [first, second] = [start('a'), start('b')]
  expect(deadlines.clear()).toEqual([first, second])
  expect(runtime.pending).toBe(0)
  await runtime.advance(5_000)
  expect(expired).toEqual([])
})

test('an item that ends by what was read in the turn before it expires is in time', async () => {
  const item = start('a')
  runtime.onTurn = () => (item.waiting = false)
  start('b')
  await runtime.advance(1_000)
  expect(expired).toEqual(['b at 1000'])
})

test('items taken out in the turn before they expire do not expire, and those added since keep their time', async () => {
  start('a')
  runtime.onTurn = () => {
    runtime.onTurn = () => undefined
    deadlines.clear()
    start('b')
  }
  await runtime.advance(1_000)
  expect(expired).toEqual([])
  expect(runtime.pending).toBe(1)
  await runtime.advance(1_000)
  expect(expired).toEqual(['b at 2000'])
})

test('what an expiry takes out does not expire, and what it adds expires in time', async () => {
  let restarts = 0
  deadlines = new Deadlines({
    runtime,
    onExpired({ name }) {
      expired.push(`${name} at ${runtime.monotonic()}`)
      deadlines.clear()
      if (restarts++ === 0) start('c')
    },
  })
  start('a')
  start('b')
  await runtime.advance(5_000)
  expect(expired).toEqual(['a at 1000', 'c at 2000'])
  expect(runtime.pending).toBe(0)
})

test('an expiry may add an item behind those that wait', async () => {
  deadlines = new Deadlines({
    runtime,
    onExpired(item) {
      item.waiting = false
      expired.push(`${item.name} at ${runtime.monotonic()}`)
      if (item.name === 'a') start('c')
    },
  })
  start('a')
  await runtime.advance(500)
  start('b')
  await runtime.advance(5_000)
  expect(expired).toEqual(['a at 1000', 'b at 1500', 'c at 2000'])
  expect(runtime.pending).toBe(0)
})
