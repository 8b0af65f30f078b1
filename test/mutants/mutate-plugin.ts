import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { mutants } from './mutants.js'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/**
 * Loads the sources with one mechanism taken away, the one that `MUTANT` names; without it, as they are. The sources
 * know nothing of it.
 */
export function mutate(name = process.env.MUTANT): Plugin {
  const mutant = mutants.find((each) => each.name === name)
  if (name !== undefined && !mutant) throw new Error(`There is no mutant ${name}`)
  return {
    name: 'mutate',
    enforce: 'pre',
    transform(code, id) {
      if (!mutant || id !== `${src}${mutant.file}`) return undefined
      if (code.split(mutant.from).length !== 2) {
        throw new Error(`The mutant ${mutant.name} must find its place in ${mutant.file} once: mend test/mutants`)
      }
      return code.replace(mutant.from, () => mutant.to)
    },
  }
}
