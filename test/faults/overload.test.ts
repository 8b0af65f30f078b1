import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FloodOptions } from '../support/flood-process.js'
import { LiveFleet } from '../support/live-fleet.js'
import { ScriptProcess } from '../support/script-process.js'
import type { SlowReport } from '../support/slow-process.js'

/** How long the long case takes; with the variable set, figures are printed as well. */
const { OVERLOAD_SECONDS } = process.env
const seconds = Number(OVERLOAD_SECONDS ?? 6)
const rate = 20_000
/** In MiB. */
const mostGrowth = 64
/** V8's own room for young objects may grow beyond 64 MiB: it is kept at 8, so that what grows is what we hold. */
const env = { NODE_OPTIONS: '--max-semi-space-size=8' }

let fleet: LiveFleet
const processes: ScriptProcess[] = []

beforeEach(async () => {
  fleet = await LiveFleet.start()
})

afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()))
  await fleet.stop()
})

function start(script: string, ...options: object[]): ScriptProcess {
  const args = [fleet.server.url, fleet.channel, ...options.map((each) => JSON.stringify(each))]
  const started = new ScriptProcess(script, args, { env })
  processes.push(started)
  return started
}

async function startSubscriber(): Promise<ScriptProcess> {
  const started = start('slow-process.ts')
  await started.printed((lines) => lines.some(({ state }) => state === 'live'))
  return started
}

/** Publishes from a process of its own; resolves when all is published, with how many there were a second. */
async function flood(options: FloodOptions): Promise<number> {
  const publisher = start('flood-process.ts', options)
  await publisher.printed((lines) => lines.length > 0, 120_000)
  return options.count / Number(publisher.values('seconds')[0])
}

async function askFor(tell: 'report' | 'finish', subscriber: ScriptProcess): Promise<SlowReport> {
  const asked = subscriber.values('report').length
  subscriber.tell({ tell })
  await subscriber.printed(() => subscriber.values('report').length > asked, 60_000)
  const report = subscriber.values('report').at(-1) as SlowReport
  if (OVERLOAD_SECONDS !== undefined) console.info(tell, JSON.stringify(report), subscriber.values('resync').length)
  return report
}

/** Told by the heartbeat after it has caught up. */
async function endsLive(subscriber: ScriptProcess): Promise<void> {
  await subscriber.printed(() => subscriber.values('state').length > 2)
  expect(subscriber.values('state')).toEqual(['live', 'lagging', 'live'])
}

describe('a subscriber whose handler takes 10 ms', () => {
  it(
    'keeps within 64 MiB, lags all the while that far more is published, and ends with a resync for what is trimmed',
    { timeout: 120_000 + seconds * 4_000 },
    async () => {
      const subscriber = await startSubscriber()
      const count = seconds * rate
      // Full frames, of some 300 messages: less than a second of them.
      const published = await flood({ rate, count, cap: 50 })
      const { rss, inUse, behind } = await askFor('report', subscriber)
      const statesUnderLoad = subscriber.values('state')
      const end = await askFor('finish', subscriber)

      expect(published).toBeGreaterThan(rate / 4)
      expect(behind).toBeGreaterThan(1_000)
      expect(rss.most - rss.before).toBeLessThan(mostGrowth)
      expect(inUse.now - inUse.before).toBeLessThan(mostGrowth)
      expect(statesUnderLoad).toEqual(['live', 'lagging'])
      await endsLive(subscriber)
      expect(new Set(subscriber.values('resync'))).toEqual(new Set(['trimmed']))
      expect(end).toMatchObject({ misplaced: 0, behind: 0 })
      expect(end.reached === count || end.endsWithResync).toBe(true)
    },
  )

  it('has handled everything in the end where its log reaches back far enough', { timeout: 120_000 }, async () => {
    const subscriber = await startSubscriber()
    const count = 2 * rate
    await flood({ rate, count, cap: 100_000 })
    expect(subscriber.values('state')).toEqual(['live', 'lagging'])
    expect(await askFor('finish', subscriber)).toMatchObject({ reached: count, misplaced: 0, endsWithResync: false })
    expect(subscriber.values('resync')).toEqual([])
    await endsLive(subscriber)
  })

  it('holds no more of messages that are large', { timeout: 120_000 }, async () => {
    const subscriber = await startSubscriber()
    const count = 1_500
    await flood({ rate: 1_000, count, cap: 5_000, padding: 60_000 })
    const { inUse, reached } = await askFor('report', subscriber)
    // Far less than has been published, 86 MiB.
    expect(inUse.now - inUse.before).toBeLessThan(mostGrowth)
    expect(reached).toBeLessThan(count / 2)
    expect(await askFor('finish', subscriber)).toMatchObject({ reached: count, misplaced: 0 })
    expect(subscriber.values('resync')).toEqual([])
  })
})
