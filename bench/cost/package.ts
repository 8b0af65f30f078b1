import { execFile } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { CaseWithoutRedis, Reading } from '../measurement.js'
import { peers } from '../peers.js'
import { buildPackage } from './built-package.js'
import { findPackage, installedSize } from './installed-size.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a service imports that is told over Redis what to evict, and the packages that it installs for that. */
interface Needs {
  readonly name: string
  readonly imports: readonly string[]
  readonly packages: readonly string[]
}

const needs: readonly Needs[] = [
  { name: 'ioredis', imports: ['ioredis'], packages: ['ioredis'] },
  { name: 'bentocache', imports: ['bentocache', 'bentocache/drivers/redis'], packages: ['bentocache', 'ioredis'] },
  { name: 'layered-loader', imports: ['layered-loader', 'ioredis'], packages: ['layered-loader', 'ioredis'] },
  {
    name: 'cacheable',
    imports: ['cacheable', 'qified', '@qified/redis'],
    packages: ['cacheable', 'qified', '@qified/redis'],
  },
  { name: 'node-redis-csc', imports: ['redis'], packages: ['redis'] },
]

/**
 * How long a new process takes to import it, and how much of the disk it and all that it depends on takes: the client of
 * Redis included, types and documentation too.
 */
export function packageCase(): CaseWithoutRedis {
  return {
    name: 'the package',
    parameters: {},
    async open() {
      const { folder } = await buildPackage()
      const ours = await packageFolders(['ioredis'], root)
      return [
        {
          name: 'cache-invalidation',
          title: 'cache-invalidation',
          run: () => weigh([pathToFileURL(`${folder}/dist/index.js`).href], [folder, ...ours], root),
        },
        ...needs.map(({ name, imports, packages }) => {
          const { title, folder: peer } = peerInfo(name)
          const from = peer === undefined ? root : fileURLToPath(new URL(`../peers/${peer}/`, import.meta.url))
          return {
            name,
            title,
            ...(peer !== undefined && { peer }),
            run: async () => weigh(imports, await packageFolders(packages, from), from),
          }
        }),
      ]
    },
  }
}

async function weigh(imports: readonly string[], folders: readonly string[], from: string): Promise<Reading> {
  const { bytes, packages } = await installedSize(folders)
  return { figures: { import_ms: await timeImport(imports, from), installed_kib: bytes / 1_024, packages } }
}

/** In a new process, with the folder to resolve names from. */
async function timeImport(specifiers: readonly string[], from: string): Promise<number> {
  const script = [
    'const startedAt = performance.now()',
    ...specifiers.map((specifier) => `await import(${JSON.stringify(specifier)})`),
    'process.stdout.write(String(performance.now() - startedAt), () => process.exit())',
  ]
  const args = ['--input-type=module', '--eval', script.join('\n')]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: from })
  return Number(stdout)
}

async function packageFolders(names: readonly string[], from: string): Promise<readonly string[]> {
  return Promise.all(
    names.map(async (name) => {
      const folder = await findPackage(name, from)
      if (folder === undefined) throw new Error(`Expected ${name} to be installed in ${from}`)
      return folder
    }),
  )
}

function peerInfo(name: string): { readonly title: string; readonly folder?: string } {
  const info = peers.find((peer) => peer.name === name)
  if (info === undefined) throw new Error(`Expected a peer, got ${name}`)
  return info
}
