import type { Board } from './board.js'
import type { Cast } from './cast.js'
import { burstSize } from './services/service.js'
import type { Stage } from './stage/stage.js'

/** What an act can use. */
export interface Scene {
  readonly stage: Stage
  readonly board: Board
  readonly cast: Cast
  readonly say: (line: string) => void
  /** Resolves after this share of the act's time. */
  readonly pause: (share: number) => Promise<void>
}

/** Something that happens to the services while they work. */
export interface Act {
  readonly title: string
  /** Of the time that all acts have together. */
  readonly share: number
  /** Why it can't be played on this stage. */
  readonly obstacle?: (stage: Stage) => string | undefined
  /** Resolves to what came of it, in a few words. */
  play(scene: Scene): Promise<string>
}

const steadyLoad: Act = {
  title: 'Steady load',
  share: 0.16,
  async play({ board, pause }) {
    const before = board.published
    await pause(1)
    return `${count(board.published - before)} invalidations handled as they came`
  },
}

const gatewayKilled: Act = {
  title: 'The gateway is killed and started again',
  share: 0.24,
  async play({ stage, board, cast, say, pause }) {
    await pause(0.2)
    const { replayed } = board.tallies['graphql-gateway'].total
    await cast.kill('graphql-gateway')
    say(`graphql-gateway: ${stage.words.kill}`)
    await pause(0.4)
    await cast.start('graphql-gateway')
    say('graphql-gateway: started again, goes on from its cursor')
    await cast.order('graphql-gateway', 'work')
    await pause(0.4)
    const caughtUp = board.tallies['graphql-gateway'].total.replayed - replayed
    return `${count(caughtUp)} missed and replayed, of ${count(board.published)} published so far`
  },
}

const linkCut: Act = {
  title: "The feed service's Pub/Sub link is cut, again and again",
  share: 0.18,
  async play({ stage, board, cast, say, pause }) {
    const cuts = 8
    const { replayed } = board.tallies['feed-service'].total
    say(`feed-service: ${stage.words.cut}, ${cuts} times`)
    for (let cut = 0; cut < cuts; cut++) {
      await stage.cutPubSub('feed-service')
      await pause(0.7 / cuts)
    }
    await cast.settle()
    await pause(0.3)
    return `${count(board.tallies['feed-service'].total.replayed - replayed)} missed and replayed`
  },
}

const redisRestarted: Act = {
  title: 'Redis is killed and started again',
  share: 0.26,
  obstacle: (stage) => (stage.outage ? undefined : 'skipped: this Redis is not ours to stop'),
  async play({ stage, cast, say, pause }) {
    await pause(0.1)
    await stage.outage?.begin()
    say(`Redis: ${stage.words.outage}; changes and reads go on`)
    await pause(0.4)
    await stage.outage?.end()
    say('Redis: back, with its data')
    const backAt = performance.now()
    await cast.settle()
    const seconds = (performance.now() - backAt) / 1_000
    await pause(0.4)
    return `all caught up ${seconds.toFixed(1)} s after it was back`
  },
}

const burst: Act = {
  title: `A burst of ${count(burstSize)} invalidations`,
  share: 0.16,
  async play({ cast, pause }) {
    const startedAt = performance.now()
    await cast.order('user-service', 'burst')
    const publishedAt = performance.now()
    await cast.settle()
    const published = ((publishedAt - startedAt) / 1_000).toFixed(1)
    const handled = ((performance.now() - startedAt) / 1_000).toFixed(1)
    await pause(0.3)
    return `written and published in ${published} s, handled everywhere after ${handled} s`
  },
}

export const acts: readonly Act[] = [steadyLoad, gatewayKilled, linkCut, redisRestarted, burst]

function count(number: number): string {
  return number.toLocaleString('en-US')
}
