import { describe, expect, it } from 'vitest'
import { pace, type PacerTime } from '../../../bench/pacer.js'

/** Time that passes only while somebody waits, or when it is told to. */
class ManualTime implements PacerTime {
  ms = 0
  slept = 0

  now(): number {
    return this.ms
  }

  sleep(ms: number, goOn: () => void): void {
    // As late as a timer may be.
    this.ms += ms + 1
    this.slept += ms
    queueMicrotask(goOn)
  }

  turn(goOn: () => void): void {
    this.ms += 0.01
    queueMicrotask(goOn)
  }
}

async function paced(perSecond: number, count: number, onSend: (time: ManualTime, index: number) => void = () => {}) {
  const time = new ManualTime()
  const sent: { readonly dueAt: number; readonly at: number }[] = []
  await pace(
    { startAt: 10, count, perSecond },
    (dueAt) => {
      sent.push({ dueAt, at: time.now() })
      onSend(time, sent.length - 1)
    },
    time,
  )
  return { sent, time }
}

describe('pace', () => {
  it('sends each message when it is due, although timers are late', async () => {
    const { sent, time } = await paced(200, 5)

    expect(sent.map(({ dueAt }) => dueAt)).toEqual([10, 15, 20, 25, 30])
    for (const { dueAt, at } of sent) {
      expect(at).toBeGreaterThanOrEqual(dueAt)
      expect(at - dueAt).toBeLessThan(0.02)
    }
    expect(time.slept).toBeGreaterThan(10)
  })

  it('keeps to the schedule where messages are due closer together than a timer can tell', async () => {
    const { sent, time } = await paced(20_000, 100)

    expect(sent.at(-1)?.dueAt).toBeCloseTo(10 + 99 * 0.05)
    expect(Math.max(...sent.map(({ dueAt, at }) => at - dueAt))).toBeLessThan(0.02)
    expect(time.slept).toBeLessThan(10)
  })

  it('sends all that has become due while it was held up, and says since when', async () => {
    const { sent } = await paced(1_000, 10, (time, index) => {
      if (index === 2) time.ms += 5
    })

    const late = sent.filter(({ at }) => at === sent[3]?.at)
    expect(late.map(({ dueAt }) => dueAt)).toEqual([13, 14, 15, 16, 17])
    expect(sent).toHaveLength(10)
  })

  it('rejects with what a message could not be sent for', async () => {
    const failing = paced(1_000, 10, (_, index) => {
      if (index === 2) throw new Error('cannot send')
    })

    await expect(failing).rejects.toThrow('cannot send')
  })
})
