import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CursorStore } from '../../../../src/subscriber/handling/cursor.js'
import { fileCursor } from '../../../../src/subscriber/handling/file-cursor.js'
import { InvalidationErrorCode } from '../../../../src/support/errors.js'
import { cursorContext } from './fixtures.js'

let folder: string
let path: string
let store: CursorStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-cursor-'))
  path = join(folder, 'deep', 'down', 'cursor.json')
  store = fileCursor(path)(cursorContext)
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

function reopened(): CursorStore {
  return fileCursor(path)(cursorContext)
}

function configurationError(...parts: readonly string[]): object {
  const message = expect.stringMatching(new RegExp(parts.join('.*'))) as string
  return expect.objectContaining({ code: InvalidationErrorCode.configuration, message }) as object
}

test('what was saved is there for the next process, and the folder is made', async () => {
  expect(store.durable).toBe(true)
  expect(await store.load('cache')).toBeUndefined()
  await store.save('cache', '5-1@a', false)
  expect(await reopened().load('cache')).toBe('5-1@a')
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
    version: 1,
    channel: 'cache:invalidate',
    name: 'cache',
    position: '5-1@a',
  })
})

test('a file cursor moves back only where that is asked for, in the next process too', async () => {
  await store.save('cache', '10-1@a', false)
  await store.save('cache', '9-7@b', false)
  await reopened().save('cache', '9-7@b', false)
  expect(await store.load('cache')).toBe('10-1@a')
  await reopened().save('cache', '9-7@b', true)
  expect(await reopened().load('cache')).toBe('9-7@b')
})

test('saves that overlap leave the last one, whole, and nothing else in the folder', async () => {
  const saves = Array.from({ length: 50 }, (_, index) => store.save('cache', `${index + 1}-0@a`, true))
  await Promise.all([...saves, store.load('cache')])
  expect(await reopened().load('cache')).toBe('50-0@a')
  expect(await readdir(join(folder, 'deep', 'down'))).toEqual(['cursor.json'])
})

test('at every moment the file is missing or whole', async () => {
  const saves = Array.from({ length: 50 }, (_, index) => store.save('cache', `${index}-0@${'a'.repeat(64)}`, true))
  const saving = new AbortController()
  const saved = Promise.all(saves).finally(() => {
    saving.abort()
  })
  let reads = 0
  while (!saving.signal.aborted) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    expect(JSON.parse(text)).toMatchObject({ version: 1, name: 'cache' })
    reads++
  }
  await saved
  expect(reads).toBeGreaterThan(0)
})

test.each([
  [
    'of another name',
    { name: 'other' },
    'belongs to subscription "other" of channel "cache:invalidate", not to "cache"',
  ],
  ['of another channel', { channel: 'other' }, 'of channel "other"'],
  ['of another version', { version: 2 }, 'is not a cursor .*`version` to be 1'],
  ['with a position that is none', { position: 'here' }, 'is not a cursor .*Expected a position'],
  ['with a position that is no text', { position: 5 }, 'is not a cursor .*`position`'],
  ['without a name', { name: undefined }, 'is not a cursor .*`name`'],
  ['without a channel', { channel: undefined }, 'is not a cursor .*`channel`'],
])('a file %s is refused, and left as it is', async (_, wrong, why) => {
  await mkdir(join(folder, 'deep', 'down'), { recursive: true })
  const right = { version: 1, channel: 'cache:invalidate', name: 'cache', position: '5-1@a' }
  const text = JSON.stringify({ ...right, ...wrong })
  await writeFile(path, text)
  await expect(store.load('cache')).rejects.toEqual(configurationError(path, why, 'delete'))
  await expect(reopened().save('cache', '6-1@b', true)).rejects.toEqual(configurationError(path, why))
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('an empty file, and the beginning of a cursor that a crash left, count as no cursor and are written over', async () => {
  await mkdir(join(folder, 'deep', 'down'), { recursive: true })
  for (const text of ['', '\n', '{"ver', '{"version":1,"channel":"cache:invalidate","name":"cache","position":"5-1@']) {
    await writeFile(path, text)
    expect(await reopened().load('cache')).toBeUndefined()
    await reopened().save('cache', '6-1@b', false)
    expect(await reopened().load('cache')).toBe('6-1@b')
  }
})

test.each(['no json', '[]', 'null', '"text"'])('a file that holds %j is refused, and left as it is', async (text) => {
  await mkdir(join(folder, 'deep', 'down'), { recursive: true })
  await writeFile(path, text)
  await expect(store.load('cache')).rejects.toEqual(configurationError(path, 'is not a cursor', 'delete'))
  await expect(store.save('cache', '6-1@b', false)).rejects.toEqual(configurationError(path, 'is not a cursor'))
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('two subscriptions can not share a file, even if both begin while it is missing', async () => {
  const factory = fileCursor(path)
  const [first, second] = [factory(cursorContext), factory(cursorContext)]
  expect(await first.load('a')).toBeUndefined()
  expect(await second.load('b')).toBeUndefined()
  await first.save('a', '5-1@a', false)
  await expect(second.save('b', '6-1@b', false)).rejects.toEqual(configurationError('belongs to subscription "a"'))
  expect(await reopened().load('a')).toBe('5-1@a')
})

test('a file that can not be read or written says which and why', async () => {
  path = folder
  await expect(reopened().load('cache')).rejects.toEqual(configurationError("can't be read", 'EISDIR'))
  path = join(folder, 'file', 'cursor.json')
  await writeFile(join(folder, 'file'), '')
  await expect(reopened().load('cache')).rejects.toEqual(configurationError("can't be read", 'ENOTDIR'))
})

test('a failed save leaves the old position, and the next one mends it', async () => {
  await store.save('cache', '5-1@a', false)
  const blocked = `${path}.${process.pid}.tmp`
  await mkdir(blocked)
  await expect(store.save('cache', '6-1@b', false)).rejects.toEqual(configurationError("can't be written", 'EISDIR'))
  expect(await store.load('cache')).toBe('5-1@a')
  await rm(blocked, { recursive: true })
  await store.save('cache', '6-1@b', false)
  expect(await reopened().load('cache')).toBe('6-1@b')
})

test('an empty path is refused at once', () => {
  expect(() => fileCursor('')).toThrow('Expected the path of a file')
})
