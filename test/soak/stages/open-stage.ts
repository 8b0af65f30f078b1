import type { Topology } from '../options.js'
import type { Stage } from './stage.js'
import { Standalone } from './standalone.js'

export function openStage(topology: Topology): Promise<Stage> {
  switch (topology) {
    case 'standalone':
      return Standalone.start()
  }
}
