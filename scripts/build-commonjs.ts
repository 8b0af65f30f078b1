/**
 * Writes `dist/cjs` from `dist`: the package as CommonJS, for compilers that resolve `require` on their own and for
 * Jest, which can't load ES modules without a flag. Node itself gives `require` the ES modules (the condition
 * `module-sync`), so a process has one copy. Dependencies are ES modules, and bundled for that reason; peers are not.
 */
import { copyFile, glob, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import packageJson from '../package.json' with { type: 'json' }

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const folder = join(dist, 'cjs')

const bundle = await rolldown({
  input: { index: join(dist, 'index.js'), cache: join(dist, 'cache.js'), testing: join(dist, 'testing.js') },
  platform: 'node',
  external: Object.keys(packageJson.peerDependencies),
})
await bundle.write({
  dir: folder,
  format: 'cjs',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  // What two entries share is one file, so a process has it once.
  codeSplitting: { groups: [{ name: 'common', minShareCount: 2 }] },
  // Jest refuses `import()`, too.
  dynamicImportInCjs: false,
})
await bundle.close()

// Declarations are the same in both: what they mean follows from the nearest package.json.
await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
for await (const file of glob('**/*.d.ts', { cwd: dist, exclude: ['cjs/**', 'cli/**'] })) {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await copyFile(join(dist, file), join(folder, file))
}
