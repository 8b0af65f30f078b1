import type { CaseWithRedis } from '../measurement.js'
import type { PeerInfo } from '../peers.js'
import { Flood, type FloodOptions } from './flood.js'
import { RedisGauge } from './redis-gauge.js'

export interface FloodCaseOptions extends Omit<FloodOptions, 'peer' | 'url' | 'redis'> {
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
  readonly peers: readonly PeerInfo[]
}

/** The same flood by each of the peers. Their processes start when they are first measured, and stay. */
export function floodCase({ name, parameters, peers, ...options }: FloodCaseOptions): CaseWithRedis {
  return {
    name,
    parameters,
    redis: [],
    async open({ server: { url }, resources }) {
      const redis = resources.use(await RedisGauge.open(url))
      return peers.map((peer) => {
        let flood: Promise<Flood> | undefined
        return {
          name: peer.name,
          title: peer.title,
          ...(peer.folder === undefined ? {} : { peer: peer.folder }),
          async run() {
            flood ??= Flood.start({ ...options, peer: peer.name, url, redis }, resources)
            return await (await flood).measure()
          },
        }
      })
    },
  }
}
