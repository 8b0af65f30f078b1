import type { Cell } from './cell.js'
import { exampleNames, quickStart, runQuickStart, withoutTopLevelAwait } from './quick-start.js'

const strict = { target: 'ES2022', strict: true, skipLibCheck: false, types: ['node'] }

interface Settings {
  readonly name: string
  readonly options: object
  /** Endings of the sources: `.ts` is CommonJS here. */
  readonly endings: readonly ('.ts' | '.mts')[]
}

/** Compiles the quick start strictly, the package's declarations included, and runs what was written. */
function compiled({ name, options, endings }: Settings): Cell {
  return {
    name,
    quick: true,
    run: async (place) => {
      const { project } = place
      const examples = Object.entries(await quickStart())
      for (const [example, code] of examples) {
        for (const ending of endings) {
          await project.write(`${name}/${example}${ending}`, ending === '.mts' ? code : withoutTopLevelAwait(code))
        }
      }
      const compilerOptions = { ...strict, ...options, outDir: 'out' }
      const include = exampleNames.map((example) => `${example}.*`)
      await project.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions, include }))
      await project.runScript('typescript/bin/tsc', ['--project', name])
      for (const ending of endings) {
        await runQuickStart(place, (example) => `${name}/out/${example}${ending.replace('ts', 'js')}`)
      }
    },
  }
}

export const compilers: readonly Cell[] = [
  compiled({ name: 'typescript-nodenext', options: { module: 'nodenext' }, endings: ['.ts', '.mts'] }),
  compiled({ name: 'typescript-node16', options: { module: 'node16' }, endings: ['.ts', '.mts'] }),
  compiled({
    name: 'typescript-bundler',
    options: { module: 'preserve', moduleResolution: 'bundler' },
    endings: ['.mts'],
  }),
  compiled({
    name: 'typescript-node10',
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
    endings: ['.ts'],
  }),
]
