import { execFile } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'
import packageJson from '../package.json' with { type: 'json' }
import { findRedisServer } from '../scripts/redis-server.js'

/** What the figures were measured on, and with what. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly versions: Readonly<Record<'cache-invalidation' | 'node' | 'ioredis' | 'redis-server', string>>
}

export async function describeMachine(): Promise<Machine> {
  const { stdout } = await promisify(execFile)(await findRedisServer(), ['--version'])
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    versions: {
      'cache-invalidation': packageJson.version,
      node: process.versions.node,
      ioredis: packageJson.devDependencies.ioredis,
      'redis-server': /v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim(),
    },
  }
}

/** Load average of the last minute, the bench's own included. */
export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}
