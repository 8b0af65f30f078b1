import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder for one run. It goes when the run ends, even where that is killed. */
export class RunFolder {
  readonly path: string
  readonly #dismissGuard: () => void

  static async create(): Promise<RunFolder> {
    return new RunFolder(await mkdtemp(join(tmpdir(), 'cache-invalidation-demo-')))
  }

  private constructor(path: string) {
    this.path = path
    this.#dismissGuard = removeAfterUs(path)
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
    this.#dismissGuard()
  }
}

/** A shell that waits on a pipe from us, which closes however we die; who still writes there has a second to end. */
function removeAfterUs(path: string): () => void {
  const guard = spawn('sh', ['-c', 'read -r _; sleep 1; rm -rf "$0"', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.on('error', () => undefined)
  guard.unref()
  return () => guard.kill('SIGKILL')
}
