import { Redis } from 'ioredis'
import { Worker } from '../../../bench/workers/worker.js'
import { startRedisServer } from '../../../scripts/redis-server-process.js'
import { appendEntries } from '../append-entries.js'
import type { RanFunction } from './coverage.js'
import type { FollowRequest } from './measured-subscriber.js'
import { type Way, wayOf } from './way.js'

/** Each way runs this often first, so that what is set up lazily is set up. */
const warmRounds = 50
/** What does not run every time, such as a timer that happens to be due, is not part of the way. */
const measuredRounds = 5
/** Entries that were appended unheard, for a replay. */
const missedEntries = 3

/**
 * Measures which functions of `src` run, over a Redis of its own, in one process that publishes and one that subscribes:
 * for a `publish()` up to its settled promise; for a live delivery, from the text of the feed up to the end of the
 * handler; and for a replay of a few entries, from the text that reveals the gap up to the end of the first handler.
 */
export async function measureWays(): Promise<readonly Way[]> {
  const server = await startRedisServer()
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => server.stop())
  const redis = new Redis(server.url)
  cleanup.defer(() => redis.disconnect())
  const channel = 'ways'
  const subscriber = cleanup.use(await startWorker('measured-subscriber.ts', server.url, channel))
  const publisher = cleanup.use(await startWorker('measured-publisher.ts', server.url, channel))

  const publish = (): Promise<readonly RanFunction[]> => publisher.request({ ask: 'publish' }, areFunctions)
  const follow = async (messages: number): Promise<readonly RanFunction[]> => {
    await subscriber.request({ ask: 'expect', messages } satisfies FollowRequest, isExpecting)
    await publish()
    return subscriber.request({ ask: 'ran' } satisfies FollowRequest, areFunctions)
  }
  let appended = 0
  const replay = async (): Promise<readonly RanFunction[]> => {
    await appendEntries(redis, channel, missedEntries, appended + 1)
    appended += missedEntries
    return follow(missedEntries + 1)
  }
  return [
    wayOf('publish', await ranAlways(publish)),
    wayOf('delivery', await ranAlways(() => follow(1))),
    wayOf('replay', await ranAlways(replay)),
  ]
}

async function ranAlways(run: () => Promise<readonly RanFunction[]>): Promise<readonly RanFunction[]> {
  for (let round = 0; round < warmRounds; round++) await run()
  let always = await run()
  for (let round = 1; round < measuredRounds; round++) {
    const again = new Set((await run()).map(keyOf))
    always = always.filter((each) => again.has(keyOf(each)))
  }
  return always
}

function keyOf({ file, line, name }: RanFunction): string {
  return `${file}:${line}:${name}`
}

function startWorker(script: string, ...args: readonly string[]): Promise<Worker> {
  // The types are replaced by spaces, which keeps names and positions; Node before 22.18 must be asked to.
  const stripsTypes = process.features.typescript !== false
  const execArgv = [
    ...(stripsTypes ? [] : ['--experimental-strip-types']),
    '--import',
    new URL('load-typescript.ts', import.meta.url).href,
  ]
  return Worker.start(new URL(script, import.meta.url).href, args, { execArgv })
}

function areFunctions(value: unknown): value is readonly RanFunction[] {
  return Array.isArray(value) && value.every(isFunction)
}

function isFunction(value: unknown): value is RanFunction {
  return typeof value === 'object' && value !== null && 'file' in value && 'name' in value && 'line' in value
}

function isExpecting(value: unknown): value is 'expecting' {
  return value === 'expecting'
}
