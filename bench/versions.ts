import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import packageJson from '../package.json' with { type: 'json' }
import { findRedisServer } from '../scripts/redis-server.js'

/** Of this library, and of what it needs to run. */
export async function readVersions(): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(await findRedisServer(), ['--version'])
  return {
    'cache-invalidation': packageJson.version,
    node: process.versions.node,
    ioredis: packageJson.devDependencies.ioredis,
    'redis-server': /v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim(),
  }
}

/** Of the packages that a folder of `peers/` asks for, as they are installed there: `<package> (<folder>)`. */
export async function readPeerVersions(peer: string): Promise<Record<string, string>> {
  const folder = new URL(`peers/${peer}/`, import.meta.url)
  const { dependencies } = await readPackage(new URL('package.json', folder))
  const versions = Object.keys(dependencies ?? {}).map(async (name): Promise<[string, string]> => {
    const installed = await readPackage(new URL(`node_modules/${name}/package.json`, folder))
    return [name === peer ? name : `${name} (${peer})`, String(installed.version)]
  })
  return Object.fromEntries(await Promise.all(versions))
}

async function readPackage(file: URL): Promise<{ readonly dependencies?: object; readonly version?: unknown }> {
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`Expected an object in ${file.pathname}`)
  const version = 'version' in parsed ? { version: parsed.version } : {}
  const dependencies = 'dependencies' in parsed ? parsed.dependencies : undefined
  return typeof dependencies === 'object' && dependencies !== null ? { ...version, dependencies } : version
}
