import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ScriptProcess } from './script-process.js'

const src = fileURLToPath(new URL('../../src', import.meta.url))
/** Below node_modules, so that what the sources import is found from there too. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/cache-invalidation', import.meta.url))

export const newerVersion = '9.1.0'

/** What makes the sources a later version: it packs frames in a form of its own, and reads those of this version too. */
const changes: readonly (readonly [file: string, from: string, to: string])[] = [
  ['support/version.ts', "version = '0.1.0'", `version = '${newerVersion}'`],
  [
    'message/wire/encode.ts',
    'return `{"frame":[${packed}]}`',
    `return parts.length === 0 ? '{"frame":[]}' : \`{"later":[\${packed}],"version":"${newerVersion}"}\``,
  ],
  ['message/wire/encode.ts', 'const columns = encodeColumns(parts)', 'const columns = encodeColumns([])'],
  ['message/wire/decode-frame.ts', 'return isArray(raw.frame) ?', 'return isArray(raw.frame) || isArray(raw.later) ?'],
  [
    'message/wire/decode-frame.ts',
    "form === 'list' && isArray(raw.frame) ?",
    "isArray(raw.later) ? raw.later : form === 'list' && isArray(raw.frame) ?",
  ],
]

/** The library as a later version might be, built from the sources of this one: it writes a form that this one lacks. */
export class NewerVersion {
  readonly #folder: string

  static async build(): Promise<NewerVersion> {
    const folder = join(cache, `newer-${process.pid}`)
    await cp(src, folder, { recursive: true })
    for (const [file, from, to] of changes) {
      const code = await readFile(join(folder, file), 'utf8')
      if (code.split(from).length !== 2) throw new Error(`Expected to find ${from} once in ${file}`)
      await writeFile(
        join(folder, file),
        code.replace(from, () => to),
      )
    }
    return new NewerVersion(folder)
  }

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** A publisher and a subscription in a process of their own. */
  start(url: string, channel: string): ScriptProcess {
    const loader = fileURLToPath(new URL('../soak/processes/mutated-sources.ts', import.meta.url))
    const options = { env: { SOAK_SOURCES: this.#folder }, imports: [loader] }
    return new ScriptProcess('newer-process.ts', [url, channel], options)
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}
