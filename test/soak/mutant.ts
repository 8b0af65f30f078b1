import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutants } from '../mutants/mutants.js'

const src = fileURLToPath(new URL('../../src', import.meta.url))
/** Below node_modules, so that what the sources import is found from there too. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/cache-invalidation', import.meta.url))

/**
 * Takes one mechanism away from the library in the processes that are started from now on: a soak of it must go red.
 * Resolves to what puts everything back.
 *
 * @throws Error where there is no mutant of this name, or it does not find its place
 */
export async function mutateSources(name: string | undefined): Promise<() => Promise<void>> {
  if (name === undefined) return () => Promise.resolve()
  const mutant = mutants.find((each) => each.name === name)
  if (!mutant) throw new Error(`There is no mutant ${name}: test/mutants/mutants.ts names them`)
  const folder = join(cache, `mutant-${process.pid}`)
  await cp(src, folder, { recursive: true })
  const file = join(folder, mutant.file)
  const code = await readFile(file, 'utf8')
  if (!code.includes(mutant.from)) throw new Error(`The mutant ${name} does not find its place: mend test/mutants`)
  const mutated = code.replace(mutant.from, () => mutant.to)
  await writeFile(file, mutated)
  process.env.SOAK_SOURCES = folder
  return () => rm(folder, { recursive: true, force: true })
}
