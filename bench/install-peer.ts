import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Installs the packages of a folder of `peers/`, as its lock has them, unless they are there already. */
export async function installPeer(peer: string, say: (line: string) => void): Promise<void> {
  const folder = new URL(`peers/${peer}/`, import.meta.url)
  const lockedAt = await modifiedAt(new URL('package-lock.json', folder))
  if (lockedAt === undefined) throw new Error(`Expected bench/peers/${peer} to have a package-lock.json, it has none`)
  const installedAt = await modifiedAt(new URL('node_modules/.package-lock.json', folder))
  if (installedAt !== undefined && installedAt >= lockedAt) return
  say(`Installing ${peer}`)
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    ...{ cwd: fileURLToPath(folder), stdio: ['ignore', 'ignore', 'pipe'] },
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return
  throw new Error(`Could not install ${peer}; \`--without-peers\` does without. npm said:\n${output.trim()}`)
}

async function modifiedAt(file: URL): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs
}
