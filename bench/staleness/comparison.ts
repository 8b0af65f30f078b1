import { startRedisServer } from '../../scripts/redis-server-process.js'
import { TcpProxy } from '../../test/support/tcp-proxy.js'
import { installPeer } from '../install-peer.js'
import { Resources } from '../resources.js'
import { readPeerVersions, readVersions } from '../versions.js'
import { CacheProcess } from './cache-process.js'
import { Database } from './database.js'
import { type Scenario, scenarios, type Served, type Stage } from './scenarios.js'
import { ours, type SetUp } from './set-ups.js'

/** What the caches of several libraries serve after the same events. Names in it are stable. */
export interface StalenessComparison {
  /** When it began: ISO 8601, in UTC. */
  readonly date: string
  /** Of this library, Node, redis-server, ioredis and the packages that were compared. */
  readonly versions: Readonly<Record<string, string>>
  readonly scenarios: readonly Pick<Scenario, 'name' | 'title'>[]
  readonly outcomes: readonly Outcome[]
}

export interface Outcome extends Pick<SetUp, 'name' | 'cache' | 'shared'> {
  readonly scenario: string
  /** A verdict of `none` is of a set-up that invalidates nothing in this way in other processes. */
  readonly verdict: Verdict
  /** Absent for `none`. */
  readonly served?: Served
}

export type Verdict = 'fresh' | 'stale in one' | 'stale in both' | 'none'

export interface CompareOptions {
  readonly signal: AbortSignal
  /** Is given a line about each step. */
  readonly say: (line: string) => void
}

/** Takes these set-ups through every scenario, one after another: each on a Redis of its own, in two processes of its own. */
export async function compareStaleness(
  setUps: readonly SetUp[],
  { signal, say }: CompareOptions,
): Promise<StalenessComparison> {
  const date = new Date().toISOString()
  let versions = await readVersions()
  const outcomes: Outcome[] = []
  for (const setUp of setUps) {
    if (setUp.cache !== ours) {
      await installPeer(setUp.cache, say)
      versions = { ...versions, ...(await readPeerVersions(setUp.cache)) }
    }
    outcomes.push(...(await takeThrough(setUp, { signal, say })))
  }
  return { date, versions, scenarios: scenarios.map(({ name, title }) => ({ name, title })), outcomes }
}

async function takeThrough(setUp: SetUp, { signal, say }: CompareOptions): Promise<readonly Outcome[]> {
  await using resources = new Resources()
  const stage = await openStage(setUp, resources)
  const outcomes: Outcome[] = []
  for (const scenario of scenarios) {
    signal.throwIfAborted()
    const { name, cache, shared } = setUp
    const served = scenario.by === 'tag' && !setUp.hasTags ? undefined : await scenario.run(stage)
    const outcome = { name, cache, shared, scenario: scenario.name, verdict: verdictOf(served) }
    outcomes.push(served === undefined ? outcome : { ...outcome, served })
    say(`${name}, ${scenario.name}: ${outcome.verdict}`)
  }
  return outcomes
}

async function openStage({ name }: SetUp, resources: Resources): Promise<Stage> {
  const server = await startRedisServer()
  resources.defer(() => server.stop())
  const link = await TcpProxy.start(server.port)
  resources.defer(() => link.stop())
  const database = new Database()
  const first = resources.use(await CacheProcess.start(name, server.url, database))
  const second = resources.use(await CacheProcess.start(name, link.url, database))
  return { database, first, second, link }
}

function verdictOf(served: Served | undefined): Verdict {
  if (served === undefined) return 'none'
  const stale = [served.first, served.second].filter((version) => version < served.committed)
  if (stale.length === 0) return 'fresh'
  return stale.length === 1 ? 'stale in one' : 'stale in both'
}
