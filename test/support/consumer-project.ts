import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const quick = ['--prefer-offline', '--no-audit', '--no-fund']

/** Builds this package and packs it into `folder`; resolves to the path of the tarball. */
export async function packPackage(folder: string): Promise<string> {
  const printed = await run('npm', ['pack', '--silent', '--pack-destination', folder], root)
  return join(folder, printed.trim().split('\n').at(-1) ?? '')
}

/** Installs this version of Node into a new `folder`; resolves to the path of its executable. */
export async function installNode(version: string, folder: string): Promise<string> {
  await mkdir(folder)
  // The package fetches its executable by a script, and npm 11 warns of scripts that are not allowed.
  const manifest = { name: 'node-release', private: true, allowScripts: { node: true } }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', ...quick, `node@${version}`], folder)
  return join(folder, 'node_modules/node/bin/node')
}

/** A project in a folder of its own that has installed the packed package, as a user would. */
export class ConsumerProject {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async create(tarball: string, ioredisVersion: string): Promise<ConsumerProject> {
    const project = new ConsumerProject(await mkdtemp(join(tmpdir(), 'cache-invalidation-consumer-')))
    await project.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
    await run('npm', ['install', ...quick, '--ignore-scripts', tarball, `ioredis@${ioredisVersion}`], project.dir)
    return project
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.dir, file), text)
  }

  /** Compiles its `.ts` files strictly, the package's declarations included; rejects with what the compiler said. */
  async compile(): Promise<void> {
    const compilerOptions = {
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    }
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', '.'], this.dir)
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}

/** Resolves to what the command printed; rejects with that, where it fails: compilers complain on stdout. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd })).stdout
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    throw new Error(`${command} ${args.join(' ')} failed:\n${said}`, { cause: error })
  }
}
