import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Group, Unavailable } from './cell.js'

const quick = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
const timeoutMs = 240_000

/** A project without a `"type"` that has installed the packed package, in a temporary folder. */
export class Project {
  readonly dir: string
  readonly #signal: AbortSignal

  private constructor(dir: string, signal: AbortSignal) {
    this.dir = dir
    this.#signal = signal
  }

  /**
   * @param tarball of the package
   * @throws Unavailable where npm can't install the rest, without the package
   */
  static async create(group: Group, tarball: string, signal: AbortSignal): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), `cache-invalidation-matrix-${group.name}-`)), signal)
    const install = async (own: Readonly<Record<string, string>>): Promise<void> => {
      const { dependencies, optionalDependencies = {} } = group
      const manifest = {
        name: 'matrix',
        private: true,
        dependencies: { ...dependencies, ...own },
        optionalDependencies,
      }
      await project.write('package.json', JSON.stringify(manifest))
      await project.run('npm', ['install', ...quick])
    }
    try {
      await install({ 'cache-invalidation': `file:${tarball}` }).catch(async (error: unknown) => {
        await install({}).catch((withoutUs: unknown) => {
          throw new Unavailable(`npm can't install what it needs: ${String(withoutUs)}`)
        })
        throw error
      })
    } catch (error) {
      await project.remove()
      throw error
    }
    return project
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts)
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(file)), { recursive: true })
    await writeFile(this.path(file), text)
  }

  /** Runs a script of an installed package on our Node; resolves to what it printed. */
  runScript(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    return this.run(process.execPath, [this.path('node_modules', script), ...args], env)
  }

  /** Resolves to all that the command printed; rejects with that if it fails. */
  async run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const options = {
      cwd: this.dir,
      env: { ...process.env, NO_COLOR: '1', ...env },
      signal: this.#signal,
      timeout: timeoutMs,
      maxBuffer: 64 * 1_024 * 1_024,
    }
    try {
      const { stdout, stderr } = await promisify(execFile)(command, args, options)
      return stdout + stderr
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
    }
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}
