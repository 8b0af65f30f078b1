import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cell, Place } from './cell.js'
import { exampleNames, quickStart, runQuickStart, withoutTopLevelAwait } from './quick-start.js'

/** esbuild gives bundles of ES modules no `require`, and ioredis is CommonJS: docs/recipes.md has this banner. */
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`

interface Bundler {
  readonly name: string
  readonly ending: '.cjs' | '.mjs'
  /** Bundles the files in `from`, all they import included, into `into`; resolves to what was printed. */
  readonly bundle: (place: Place, from: string, into: string) => Promise<string>
}

/** Bundles the quick start without the optional peers, and runs it where nothing is installed. */
function bundled({ name, ending, bundle }: Bundler): Cell {
  const run = async (place: Place): Promise<void> => {
    const into = await mkdtemp(join(tmpdir(), `cache-invalidation-bundle-${name}-`))
    try {
      for (const [example, code] of Object.entries(await quickStart()))
        await place.project.write(`${name}/${example}.mjs`, ending === '.cjs' ? withoutTopLevelAwait(code) : code)
      const printed = await bundle(place, name, into)
      if (/warn|error|can't|could not/i.test(printed)) throw new Error(`${name} complained:\n${printed}`)
      await runQuickStart(place, (example) => `${example}${ending}`, { cwd: into })
    } finally {
      await rm(into, { recursive: true })
    }
  }
  return { name, quick: true, run }
}

async function esbuild(place: Place, args: readonly string[]): Promise<string> {
  return place.project.runScript('esbuild/bin/esbuild', ['--bundle', '--platform=node', ...args])
}

const files = (folder: string): string[] => exampleNames.map((example) => `${folder}/${example}.mjs`)

/** A program, as webpack has no command line of its own. Prints all warnings but the one that docs/recipes.md has. */
function webpackProgram(from: string, into: string): string {
  const entry = Object.fromEntries(exampleNames.map((example) => [example, `./${from}/${example}.mjs`]))
  return `
const webpack = require('webpack')
const config = {
  mode: 'production',
  target: 'node22',
  context: __dirname,
  entry: ${JSON.stringify(entry)},
  output: { path: ${JSON.stringify(into)}, filename: '[name].cjs' },
  ignoreWarnings: [{ module: /cache-invalidation/, message: /@opentelemetry\\/api/ }],
}
webpack(config, (error, stats) => {
  if (error) throw error
  console.log(stats.toString({ all: false, errors: true, warnings: true }))
  process.exitCode = stats.hasErrors() ? 1 : 0
})
`
}

export const bundlers: readonly Cell[] = [
  bundled({
    name: 'esbuild-esm',
    ending: '.mjs',
    bundle: (place, from, into) =>
      esbuild(place, [
        '--format=esm',
        `--banner:js=${banner}`,
        '--out-extension:.js=.mjs',
        `--outdir=${into}`,
        ...files(from),
      ]),
  }),
  bundled({
    name: 'esbuild-commonjs',
    ending: '.cjs',
    bundle: (place, from, into) =>
      esbuild(place, ['--format=cjs', '--out-extension:.js=.cjs', `--outdir=${into}`, ...files(from)]),
  }),
  bundled({
    name: 'webpack',
    ending: '.cjs',
    bundle: async ({ project }, from, into) => {
      await project.write('webpack-program.cjs', webpackProgram(from, into))
      return project.run(process.execPath, ['webpack-program.cjs'])
    },
  }),
  bundled({
    name: 'vite',
    ending: '.mjs',
    bundle: async ({ project }, from, into) => {
      const build = { outDir: into, emptyOutDir: true, ssr: true, rollupOptions: { input: files(from) } }
      const config = { logLevel: 'warn', ssr: { noExternal: true, target: 'node' }, build }
      await project.write('vite.config.mjs', `export default ${JSON.stringify(config)}\n`)
      return project.runScript('vite/bin/vite.js', ['build', '--config', 'vite.config.mjs'])
    },
  }),
]
