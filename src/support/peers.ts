import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A package that the application installs, and the versions of it that this package works with. */
export interface Peer {
  readonly name: string
  /** For each major version that serves, the lowest minor one. */
  readonly lowest: Readonly<Record<number, number>>
}

interface Installed {
  readonly version: string
  readonly folder: string
}

const ownName = 'cache-invalidation'

/**
 * Says which version of a peer is installed where another one is needed; undefined if it serves, or if
 * its version can't be known, as in a bundle. The range in package.json is `*`: npm would refuse to install this
 * package beside another version, even if nothing uses it.
 *
 * @param from the module that imports it, as a `file:` URL
 */
export function describeUnsuitable(peer: Peer, from: string = import.meta.url): string | undefined {
  const found = findInstalled(peer.name, from)
  if (found === undefined || serves(peer, found.version)) return undefined
  return `Expected ${peer.name} ${formatLowest(peer)}, got ${found.version} in ${found.folder}: ${installHint(peer)}`
}

/** Says that a peer lacks what every version that serves has: for a bundle, where no version can be read. */
export function describeLacking(peer: Peer, what: string): string {
  return `Expected ${peer.name} ${formatLowest(peer)}, got one without \`${what}\`: ${installHint(peer)}`
}

function serves({ lowest }: Peer, version: string): boolean {
  const [major = '', minor = ''] = version.split('.')
  const needed = lowest[Number(major)]
  return needed !== undefined && Number.parseInt(minor, 10) >= needed
}

/** Such as `5.4 or later of 5, or 6`. */
function formatLowest({ lowest }: Peer): string {
  const majors = Object.entries(lowest)
  return majors.map(([major, minor]) => (minor === 0 ? major : `${major}.${minor} or later of ${major}`)).join(', or ')
}

function installHint({ name, lowest }: Peer): string {
  return `\`npm install ${name}@${Object.keys(lowest).at(-1) ?? ''}\` installs one, and packages that need another version keep their own`
}

/** Undefined where a bundler copied this module elsewhere: then the copy on the disk may not be the one that runs. */
function findInstalled(name: string, from: string): Installed | undefined {
  try {
    if (packageOf(fileURLToPath(from), ownName) === undefined) return undefined
    // Not imported: bundlers would warn of a path that they can't know, and banners that import it would clash.
    return packageOf(process.getBuiltinModule('node:module').createRequire(from).resolve(name), name)
  } catch {
    // It is not installed, or this host has no files: importing it will show.
    return undefined
  }
}

/** The package that a file belongs to, if it has this name. */
function packageOf(file: string, name: string): Installed | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json'))
    if (manifest?.name === name && manifest.version !== undefined) return { version: manifest.version, folder }
  }
  return undefined
}

function readManifest(file: string): { readonly name?: string; readonly version?: string } | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // Most folders of a package have no manifest.
    return undefined
  }
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest !== 'object' || manifest === null) return undefined
  return {
    ...('name' in manifest && typeof manifest.name === 'string' && { name: manifest.name }),
    ...('version' in manifest && typeof manifest.version === 'string' && { version: manifest.version }),
  }
}
