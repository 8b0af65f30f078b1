import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cp, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../', import.meta.url))
/** What npm packs whatever `files` says. */
const alwaysPacked = /^(?:package\.json|README|LICENSE)/

/** This library as people install it, in JavaScript: a bench from source would weigh what compiles it as well. */
export interface BuiltPackage {
  /** As npm would unpack it. */
  readonly folder: string
  /** URL of a compiled worker, such as `memory.js`, that uses it. */
  worker(script: string): string
}

let built: Promise<BuiltPackage> | undefined

/** Builds it once, in a temporary folder that is removed when this process ends. */
export function buildPackage(): Promise<BuiltPackage> {
  built ??= build()
  return built
}

async function build(): Promise<BuiltPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-built-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
  const project = fileURLToPath(new URL('../tsconfig.built.json', import.meta.url))
  await promisify(execFile)(process.execPath, [compiler, '--project', project, '--outDir', folder])
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const unpacked = join(folder, 'package')
  await cp(join(folder, 'src'), join(unpacked, 'dist'), { recursive: true })
  for (const name of await readdir(root)) {
    const isPacked = name !== 'dist' && (packageJson.files.includes(name) || alwaysPacked.test(name))
    if (isPacked) await cp(join(root, name), join(unpacked, name), { recursive: true })
  }
  return { folder: unpacked, worker: (script) => pathToFileURL(join(folder, 'bench', 'workers', script)).href }
}
