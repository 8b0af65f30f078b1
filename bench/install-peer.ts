import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Installs the packages of a folder of `peers/`, as its lock has them, unless they are there already. */
export async function installPeer(peer: string, say: (line: string) => void): Promise<void> {
  const folder = new URL(`peers/${peer}/`, import.meta.url)
  if (!(await needsInstall(folder))) return
  say(`Installing ${peer}`)
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error']
  try {
    await promisify(execFile)('npm', args, { cwd: fileURLToPath(folder) })
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error)
    throw new Error(`Could not install ${peer}; \`--without-peers\` does without. npm said:\n${reason}`, {
      cause: error,
    })
  }
}

/** Whether nothing was installed since its lock changed. */
export async function needsInstall(folder: URL): Promise<boolean> {
  const lockedAt = await modifiedAt(new URL('package-lock.json', folder))
  if (lockedAt === undefined) throw new Error(`Expected a package-lock.json in ${fileURLToPath(folder)}`)
  const installedAt = await modifiedAt(new URL('node_modules/.package-lock.json', folder))
  return installedAt === undefined || installedAt < lockedAt
}

async function modifiedAt(file: URL): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs
}
