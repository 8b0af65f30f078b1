/**
 * Finds a `redis-server` for tests and the demo, and gets one where there is none. As a script it prints the path.
 *
 * Looked at, in this order: `REDIS_SERVER` and `VALKEY_SERVER`, PATH, the copy that apt brought before, apt. Nothing is
 * started here and no service gets installed: Debian's `redis-tools` carries the server's executable under the name of
 * one of its tools, and what it does depends on the name it is called by.
 */
import { execFile } from 'node:child_process'
import { access, constants, mkdir, rename, symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const packaged = '/usr/bin/redis-check-rdb'
const copy = fileURLToPath(new URL('../node_modules/.cache/cache-invalidation/redis-server', import.meta.url))
const aptTimeoutSeconds = 240

const advice = `No redis-server to be had. Do one of these, then try again:
  - install Redis (6.2 or later) or Valkey, so that redis-server or valkey-server is on PATH
    (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis; Alpine: apk add redis; Fedora: dnf install valkey)
  - set REDIS_SERVER to the path of a redis-server or valkey-server executable`

/**
 * Resolves to the path of a `redis-server` or `valkey-server`, version 6.2 or later.
 *
 * @throws Error that says in plain words what to install
 */
export async function findRedisServer(): Promise<string> {
  for (const variable of ['REDIS_SERVER', 'VALKEY_SERVER']) {
    const path = process.env[variable]
    if (!path) continue
    const problem = await whyUnusable(path)
    if (problem) throw new Error(`${variable} can't be used: ${problem}.\n\n${advice}`)
    return path
  }
  for (const path of [...onPath(), copy]) {
    if ((await exists(path)) && !(await whyUnusable(path))) return path
  }
  if (!(await exists(packaged))) await installFromApt()
  await linkPackaged()
  const problem = await whyUnusable(copy)
  if (problem) throw new Error(`${advice}\n\n(apt's copy can't be used: ${problem}.)`)
  return copy
}

function onPath(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return ['redis-server', 'valkey-server'].flatMap((name) => folders.map((folder) => join(folder, name)))
}

async function whyUnusable(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 })
    const [, major, minor] = /server v=(\d+)\.(\d+)/.exec(stdout) ?? []
    if (major === undefined || minor === undefined) return `${path} --version does not name a Redis or Valkey server`
    if (Number(major) * 100 + Number(minor) < 602) return `${path} is version ${major}.${minor}, older than 6.2`
    return undefined
  } catch (error) {
    return `${path} does not run (${error instanceof Error ? error.message.trim() : String(error)})`
  }
}

/** Installs `redis-tools`; two processes may do so at once: the second waits, finds it there, and goes on. */
async function installFromApt(): Promise<void> {
  const root = process.getuid?.() === 0
  const allowed = (await succeeds('apt-get', ['--version'])) && (root || (await succeeds('sudo', ['-n', 'true'])))
  if (!allowed) throw new Error(advice)
  say(`No redis-server found: taking one from apt (package redis-tools, no service; at most ${aptTimeoutSeconds} s)`)
  // The kernel drops a lock on the folder together with the process that holds it, so no stale one is ever met.
  // A package list that fails to update need not matter, so the install is tried regardless.
  const script = `
    test -e ${packaged} && exit
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 redis-tools`
  const locked = ['timeout', String(aptTimeoutSeconds), 'flock', '/var/lib/dpkg', 'sh', '-c', script]
  const [command = '', ...args] = root ? locked : ['sudo', '-n', ...locked]
  const started = Date.now()
  const progress = setInterval(() => {
    say(`  still at it after ${seconds(started)} s`)
  }, 10_000)
  try {
    await run(command, args)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${advice}\n\n(apt did not bring one, after ${seconds(started)} s: ${reason.trim()})`, {
      cause: error,
    })
  } finally {
    clearInterval(progress)
  }
  say(`  done in ${seconds(started)} s`)
}

/** Makes the link under a name of this process first and renames it: others see the old one or the new one. */
async function linkPackaged(): Promise<void> {
  await mkdir(join(copy, '..'), { recursive: true })
  const mine = `${copy}.${process.pid}`
  await symlink(packaged, mine)
  await rename(mine, copy)
}

async function exists(path: string): Promise<boolean> {
  return succeeded(access(path, constants.X_OK))
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  return succeeded(run(command, args, { timeout: 10_000 }))
}

async function succeeded(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  )
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(0)
}

/** On stderr: stdout carries the path alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await findRedisServer()}\n`)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
