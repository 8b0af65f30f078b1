import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findRedisServer } from '../../scripts/redis-server.js'

/** Whether the server that the tests run against is of this version of Redis or a later one, as every Valkey is. */
export async function serverIsAtLeast(major: number, minor = 0): Promise<boolean> {
  const { stdout } = await promisify(execFile)(await findRedisServer(), ['--version'])
  const [, itsMajor, itsMinor] = /server v=(\d+)\.(\d+)/.exec(stdout) ?? []
  return Number(itsMajor) * 100 + Number(itsMinor) >= major * 100 + minor
}
