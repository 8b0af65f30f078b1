import { mkdtemp, readdir, readFile, type rename as renameFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CursorStore } from '../../../../src/subscriber/handling/cursor.js'
import { fileCursor } from '../../../../src/subscriber/handling/file-cursor.js'
import { cursorContext } from './fixtures.js'

/** What the system answers when the file is replaced, as it does if the file is a mount; undefined: it is replaced. */
const refusal = vi.hoisted(() => ({ code: undefined as string | undefined }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const original: { readonly rename: typeof renameFile } = await importOriginal()
  const rename: typeof renameFile = (from, to) => {
    const { code } = refusal
    return code === undefined
      ? original.rename(from, to)
      : Promise.reject(Object.assign(new Error(`${code}: resource busy or locked, rename`), { code }))
  }
  return { ...original, rename }
})

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-mounted-'))
  path = join(folder, 'cursor.json')
})

afterEach(async () => {
  refusal.code = undefined
  await rm(folder, { recursive: true })
})

function opened(): CursorStore {
  return fileCursor(path)(cursorContext)
}

test.each(['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'])(
  'a file that can not be replaced (%s) is written in place, and nothing is left beside it',
  async (code) => {
    await writeFile(path, '')
    refusal.code = code
    expect(await opened().load('cache')).toBeUndefined()
    await opened().save('cache', '1795365850251-16@abcdefgh4mnz', false)
    await opened().save('cache', '9-1@b', true)
    expect(await opened().load('cache')).toBe('9-1@b')
    expect(await readdir(folder)).toEqual(['cursor.json'])
  },
)

test('a crash while it is written in place leaves no cursor, or the new one, and never another position', async () => {
  await writeFile(path, '')
  refusal.code = 'EBUSY'
  await opened().save('cache', '1795365850251-16@abcdefgh4mnz', false)
  const whole = await readFile(path, 'utf8')
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(path, whole.slice(0, length))
    const expected = length < whole.length - 1 ? undefined : '1795365850251-16@abcdefgh4mnz'
    expect(await opened().load('cache')).toBe(expected)
  }
  // Some file systems leave the length and not the content.
  await writeFile(path, '\0'.repeat(whole.length))
  expect(await opened().load('cache')).toBeUndefined()
})

test('without a file to write in place, the error says what is wrong and how to mount it', async () => {
  refusal.code = 'EACCES'
  await expect(opened().save('cache', '9-1@b', false)).rejects.toThrow(/can't be written.*EACCES.*mount the folder/)
})
