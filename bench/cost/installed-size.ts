import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface InstalledSize {
  readonly bytes: number
  readonly packages: number
}

/**
 * What packages weigh together with all that they depend on, each counted once: the lengths of their files. Dependencies
 * are found as Node finds them; peer dependencies are not counted.
 *
 * @throws Error where a dependency that is not optional is not installed
 */
export async function installedSize(folders: readonly string[]): Promise<InstalledSize> {
  const seen = new Set<string>()
  let bytes = 0
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder)
    if (seen.has(real)) return
    seen.add(real)
    bytes += await sizeOf(real)
    const { needed, optional } = await dependenciesOf(real)
    for (const name of [...needed, ...optional]) {
      const dependency = await findPackage(name, real)
      if (dependency !== undefined) await visit(dependency)
      else if (needed.includes(name)) throw new Error(`Expected ${name} to be installed, which ${real} depends on`)
    }
  }
  for (const folder of folders) await visit(folder)
  return { bytes, packages: seen.size }
}

/** Where Node finds a package from a folder; undefined where it does not. */
export async function findPackage(name: string, from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (await exists(join(candidate, 'package.json'))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && entry.name !== 'node_modules') bytes += await sizeOf(path)
    else if (entry.isFile()) bytes += (await stat(path)).size
  }
  return bytes
}

async function dependenciesOf(folder: string): Promise<Readonly<Record<'needed' | 'optional', readonly string[]>>> {
  const parsed: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const optional = namesIn(parsed, 'optionalDependencies')
  // npm lists an optional dependency among the others as well.
  return { needed: namesIn(parsed, 'dependencies').filter((name) => !optional.includes(name)), optional }
}

function namesIn(packageJson: unknown, field: string): readonly string[] {
  const listed: unknown = Object.entries(packageJson ?? {}).find(([name]) => name === field)?.[1]
  return Object.keys(listed ?? {})
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
