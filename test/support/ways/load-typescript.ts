/** Loaded before others, it lets Node itself run this project's TypeScript, which imports `./name.js` for `./name.ts`. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true
    return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context)
  },
})
