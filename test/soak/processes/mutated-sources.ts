/** Loaded before all else: takes the sources of the library from the folder that `SOAK_SOURCES` names, where it is set. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

const src = new URL('../../../src/', import.meta.url).href
const folder = process.env.SOAK_SOURCES

if (folder !== undefined) {
  const mutated = `${pathToFileURL(folder).href}/`
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context)
      return resolved.url.startsWith(src) ? { ...resolved, url: resolved.url.replace(src, mutated) } : resolved
    },
  })
}
