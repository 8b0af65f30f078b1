import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isEarlier, parsePosition } from '../../log/model/position.js'
import { describeValue } from '../../support/describe-value.js'
import { ConfigurationError } from '../../support/errors.js'
import { describeThrown, hasCode } from '../../support/thrown.js'
import type { CursorFactory } from './cursor.js'

const version = 1
/** Every cursor begins with it. */
const firstField = `{"version":${version},`

/**
 * Keeps the cursor of one named subscription in a file, for caches on disk. The folder is created where it is missing;
 * the file is replaced as a whole, so that a crash leaves the old position or the new one. An empty file counts as no
 * cursor.
 *
 * A file that is itself a mount can't be replaced: it is written in place. If a crash leaves it empty or half written,
 * the cursor counts as gone, and the subscription evicts everything.
 *
 * `load` and `save` reject with a ConfigurationError when the file can't be read or written, is not a cursor, or
 * belongs to another subscription; such a file is never overwritten.
 *
 * @throws ConfigurationError when `path` is no string, or empty
 */
export function fileCursor(path: string): CursorFactory {
  if (typeof path !== 'string' || path === '') {
    throw new ConfigurationError(`Expected the path of a file for the cursor, got ${describeValue(path)}`)
  }
  const file = new CursorFile(resolve(path))
  return ({ channel }) => ({
    durable: true,
    load: (name) => file.load({ channel, name }),
    save: (name, position, overwrite) => file.save({ channel, name }, position, overwrite),
  })
}

interface Owner {
  readonly channel: string
  readonly name: string
}

interface SavedCursor extends Owner {
  readonly position: string
}

class CursorFile {
  readonly #path: string
  /** Settles when every step so far has: reads and writes of the file never overlap. */
  #turn: Promise<unknown> = Promise.resolve()
  #saved: SavedCursor | undefined

  constructor(path: string) {
    this.#path = path
  }

  load(owner: Owner): Promise<string | undefined> {
    return this.#inTurn(async () => {
      this.#saved = await this.#read()
      this.#checkOwner(owner)
      return this.#saved?.position
    })
  }

  save({ channel, name }: Owner, position: string, overwrite: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#saved ??= await this.#read()
      this.#checkOwner({ channel, name })
      if (this.#saved && !overwrite && isEarlier(position, this.#saved.position)) return
      const cursor = { channel, name, position }
      await this.#write(cursor)
      this.#saved = cursor
    })
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step)
    this.#turn = result.catch(() => undefined)
    return result
  }

  #checkOwner({ channel, name }: Owner): void {
    const saved = this.#saved
    if (!saved || (saved.channel === channel && saved.name === name)) return
    throw new ConfigurationError(
      `The cursor file ${this.#path} belongs to subscription "${saved.name}" of channel "${saved.channel}", not to "${name}" of "${channel}": give each subscription a file of its own, or delete this one if it has been renamed`,
    )
  }

  async #read(): Promise<SavedCursor | undefined> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw new ConfigurationError(
        `The cursor file ${this.#path} can't be read (${describeThrown(error)}): make it readable, or name another`,
        { cause: error },
      )
    }
    // A mounted file may be empty at first. A crash during a write in place leaves only the beginning of the text.
    if (/^[\s\0]*$/.test(text) || isTorn(text)) return undefined
    try {
      return parseCursor(text)
    } catch (error) {
      throw new ConfigurationError(
        `The file ${this.#path} is not a cursor (${describeThrown(error)}): name another file, or delete this one to go on without a cursor`,
        { cause: error },
      )
    }
  }

  async #replace(temporary: string, text: string): Promise<void> {
    try {
      await writeThrough(temporary, text)
      await rename(temporary, this.#path)
      await syncFolder(dirname(this.#path))
    } catch (error) {
      // EBUSY: the file is a mount. EXDEV, EACCES, EPERM, EROFS: only the file can be written, and not its folder.
      if (!hasCode(error, 'EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS') || !(await isFile(this.#path))) throw error
      await rm(temporary, { force: true }).catch(() => undefined)
      // Truncates the file first, so that a crash never leaves a mix of the old and the new text.
      await writeThrough(this.#path, text)
    }
  }

  async #write(cursor: SavedCursor): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`
    try {
      await mkdir(dirname(this.#path), { recursive: true })
      await this.#replace(temporary, `${JSON.stringify({ version, ...cursor })}\n`)
    } catch (error) {
      // What failed is reported; the leftover is in nobody's way, since the next save writes over it.
      await rm(temporary, { force: true }).catch(() => undefined)
      throw new ConfigurationError(
        `The cursor file ${this.#path} can't be written (${describeThrown(error)}): see that its folder is writable and has room; in a container, mount the folder and not the file`,
        { cause: error },
      )
    }
  }
}

/** Whether the text is the beginning of a cursor without its end, as a crash leaves it in a file written in place. */
function isTorn(text: string): boolean {
  return text.startsWith(firstField.slice(0, text.length)) && !text.endsWith('}\n') && !isJson(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** @throws Error that says what is wrong with the text */
function parseCursor(text: string): SavedCursor {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error('expected a JSON object')
  if (!('version' in value) || value.version !== version) throw new Error(`expected \`version\` to be ${version}`)
  if (!('channel' in value) || typeof value.channel !== 'string') throw new Error('expected `channel` to be a string')
  if (!('name' in value) || typeof value.name !== 'string') throw new Error('expected `name` to be a string')
  if (!('position' in value) || typeof value.position !== 'string')
    throw new Error('expected `position` to be a string')
  parsePosition(value.position)
  return { channel: value.channel, name: value.name, position: value.position }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** The rename itself must reach the disk. Windows does not open folders, and needs no such step. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
