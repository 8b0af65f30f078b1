import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findRedisServer } from '../../scripts/redis-server.js'

/** Whether the server that the tests run against is of this version of Redis or a later one, as every Valkey is. */
export async function serverIsAtLeast(major: number, minor = 0): Promise<boolean> {
  return (await serverVersion()).number >= major * 100 + minor
}

/** Whether it is this version of this server or a later one; what only one of them has is to be asked so. */
export async function serverIs(product: 'Redis' | 'Valkey', major: number, minor = 0): Promise<boolean> {
  const version = await serverVersion()
  return version.product === product && version.number >= major * 100 + minor
}

async function serverVersion(): Promise<{ readonly product: string | undefined; readonly number: number }> {
  const { stdout } = await promisify(execFile)(await findRedisServer(), ['--version'])
  const [, product, major, minor] = /(\w+) server v=(\d+)\.(\d+)/.exec(stdout) ?? []
  return { product, number: Number(major) * 100 + Number(minor) }
}
