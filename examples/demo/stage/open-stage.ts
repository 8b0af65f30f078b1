import { findRedisServer } from '../../../scripts/redis-server.js'
import { RedisStage } from './redis-stage.js'
import type { Stage, StageSettings } from './stage.js'

/**
 * Opens the stage on the Redis at `url`, on one started for this run or, where there is none to be had, in memory.
 *
 * @param say takes why there is none
 */
export async function openStage(
  url: string | undefined,
  settings: StageSettings,
  say: (text: string) => void,
): Promise<Stage> {
  if (url !== undefined) return RedisStage.onServerAt(url, settings)
  try {
    await findRedisServer()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    say(`${reason}\n\nSo this runs without Redis: on a log in memory, with all services in one process.\n`)
    const { MemoryStage } = await import('./memory-stage.js')
    return MemoryStage.open(settings)
  }
  return RedisStage.onOwnServer(settings)
}
