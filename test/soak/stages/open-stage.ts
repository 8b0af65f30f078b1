import type { SoakOptions } from '../options.js'
import { Cluster } from './cluster.js'
import { Sentinel } from './sentinel.js'
import type { Stage } from './stage.js'
import { Standalone } from './standalone.js'

export function openStage({ topology, sharded }: SoakOptions): Promise<Stage> {
  switch (topology) {
    case 'standalone':
      return Standalone.start()
    case 'sentinel':
      return Sentinel.start()
    case 'cluster':
      return Cluster.start(sharded)
  }
}
