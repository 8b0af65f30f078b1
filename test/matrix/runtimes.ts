import { existsSync } from 'node:fs'
import { arch, platform } from 'node:os'
import packageJson from '../../package.json' with { type: 'json' }
import { toCommonJs } from '../support/readme.js'
import { type Cell, type Group, type Place, Unavailable } from './cell.js'
import { quickStart, type Runner, runQuickStart } from './quick-start.js'

const lowestNode = packageJson.engines.node.replace('>=', '')
const system = platform() === 'win32' ? 'win' : platform()
/** The packages that have the executables themselves: those named `node`, `bun` and `deno` find one by a script. */
const nodePackage = `node-${system}-${arch()}`
const bunPackage = `@oven/bun-${platform()}-${arch() === 'arm64' ? 'aarch64' : arch()}`
const denoPackage = `@deno/${platform()}-${arch()}${platform() === 'linux' ? '-glibc' : ''}`

/** Runs the quick start on one runtime, by `import` and by `require`. */
function onRuntime(name: string, file: string, args: readonly string[] = []): Cell {
  const run = async (place: Place): Promise<void> => {
    const executable = place.project.path('node_modules', file)
    if (!existsSync(executable)) throw new Unavailable(`npm has no ${file} for ${platform()} ${arch()}`)
    const runner: Runner = { executable, args }
    for (const [example, code] of Object.entries(await quickStart())) {
      await place.project.write(`${example}.mjs`, code)
      await place.project.write(`${example}.cjs`, toCommonJs(code))
    }
    await runQuickStart(place, (example) => `${example}.mjs`, runner)
    await runQuickStart(place, (example) => `${example}.cjs`, runner)
  }
  return { name, quick: true, run }
}

export const runtimes: Group = {
  name: 'runtimes',
  dependencies: { ioredis: packageJson.devDependencies.ioredis },
  optionalDependencies: {
    'node-lowest': `npm:${nodePackage}@${lowestNode}`,
    'node-24': `npm:${nodePackage}@24`,
    'node-26': `npm:${nodePackage}@26`,
    [bunPackage]: '1.4.5',
    [denoPackage]: '2.9.6',
  },
  cells: [
    onRuntime(`node-${lowestNode}`, 'node-lowest/bin/node'),
    onRuntime('node-24', 'node-24/bin/node'),
    onRuntime('node-26', 'node-26/bin/node'),
    onRuntime('bun', `${bunPackage}/bin/bun`),
    onRuntime('deno', `${denoPackage}/deno`, ['run', '--quiet', '--allow-all', '--node-modules-dir=manual']),
  ],
}
