import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const ours = new URL('../../src/', import.meta.url).href

/** From now on what would be loaded from our `src` is loaded from this folder. Call it before anything of `src` is. */
export function useSources(folder: string): void {
  const theirs = `${pathToFileURL(resolve(folder)).href}/`
  if (theirs === ours) return
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      if (!resolved.url.startsWith(ours)) return resolved
      return { ...resolved, url: theirs + resolved.url.slice(ours.length) }
    },
  })
}
