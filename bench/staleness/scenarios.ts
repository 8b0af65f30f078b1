import { until } from '../../test/support/latch.js'
import type { TcpProxy } from '../../test/support/tcp-proxy.js'
import type { CacheProcess } from './cache-process.js'
import type { Database } from './database.js'
import type { By } from './questions.js'

const hearingTimeoutMs = 30_000

/** Two processes with a cache each, and what is between them. */
export interface Stage {
  readonly database: Database
  readonly first: CacheProcess
  readonly second: CacheProcess
  /** What the second process reaches Redis by. */
  readonly link: TcpProxy
}

export interface Scenario {
  /** As in the JSON; stable. */
  readonly name: string
  /** As people read it. */
  readonly title: string
  readonly by: By
  run(stage: Stage): Promise<Served>
}

/** What the two processes serve at the end, as versions, beside what the database has. */
export interface Served {
  readonly committed: number
  readonly first: number
  readonly second: number
}

export const scenarios: readonly Scenario[] = (['key', 'tag'] as const).flatMap((by) => [
  { name: `${by}-during-load`, title: `${by} invalidated during a load`, by, run: (stage) => duringLoad(stage, by) },
  { name: `${by}-while-cut`, title: `${by} invalidated, link cut`, by, run: (stage) => whileCut(stage, by) },
])

/** The first process has read the old record and is not done when the second one commits and invalidates. */
async function duringLoad(stage: Stage, by: By): Promise<Served> {
  const { database, first, second } = stage
  const id = `${by}:loaded`
  const load = database.hold(id)
  const got = first.get(by, id)
  await Promise.race([load.hasRead, got])
  database.commit(id)
  await second.invalidate(by, id)
  await hears(first, second, stage, by)
  load.release()
  await got
  // Some libraries publish what they have loaded, which is old by now.
  await hears(second, first, stage, by)
  return serve(stage, by, id, ['first', 'second'])
}

/**
 * Both hold the record when the second one's Pub/Sub link is cut. Meanwhile the first one commits, invalidates, and reads
 * again, as its own callers do.
 */
async function whileCut(stage: Stage, by: By): Promise<Served> {
  const { database, first, second, link } = stage
  const id = `${by}:cut`
  await first.get(by, id)
  // Some libraries publish what they load: that comes first, so that nothing is under way when the link is cut.
  await hears(second, first, stage, by)
  await second.get(by, id)
  const subscribed = link.links.feed
  link.inflict({ kind: 'refuse' }, 'feed')
  link.inflict({ kind: 'cut' }, 'feed')
  await until(() => link.links.feed === 0, hearingTimeoutMs, 'The cut of the link')
  database.commit(id)
  await first.invalidate(by, id)
  await first.get(by, id)
  link.heal()
  await until(() => link.links.feed >= subscribed, hearingTimeoutMs, 'The return of the link')
  await hears(second, first, stage, by)
  return serve(stage, by, id, ['second', 'first'])
}

/**
 * Resolves when the listener has dropped a record that the speaker invalidated just now: whatever the speaker published
 * before has reached it, unless it is lost.
 */
async function hears(listener: CacheProcess, speaker: CacheProcess, { database }: Stage, by: By): Promise<void> {
  const id = `${by}:sign`
  const { version } = await listener.get(by, id)
  const heard = async (): Promise<boolean> => {
    // A publisher of cacheable speaks only of keys that it holds.
    await speaker.get(by, id)
    database.commit(id)
    await speaker.invalidate(by, id)
    return (await listener.get(by, id)).version > version
  }
  await until(heard, hearingTimeoutMs, 'That one process hears the other')
}

/** The process that may be stale is asked first: what another one loads and publishes can help it by chance. */
async function serve(
  stage: Stage,
  by: By,
  id: string,
  asked: readonly (keyof Served & keyof Stage)[],
): Promise<Served> {
  const served = { committed: stage.database.version(id), first: NaN, second: NaN }
  for (const process of asked) served[process] = (await stage[process].get(by, id)).version
  return served
}
