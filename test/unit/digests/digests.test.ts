import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { differing, readDigests, writeDigests } from '../../digests/digest-file.js'
import { parseOptions } from '../../digests/options.js'
import { Transcript } from '../../schedules/transcript.js'

describe('a transcript', () => {
  it('is the same whichever process came first within a millisecond', () => {
    const one = new Transcript()
    one.add(5, 'writer', 'published', { key: 'k0' })
    one.add(5, 'copy', 'handle')
    one.add(5, 'writer', 'drained')
    const other = new Transcript()
    other.add(5, 'copy', 'handle')
    other.add(5, 'writer', 'published', { key: 'k0' })
    other.add(5, 'writer', 'drained')
    expect(other.text).toBe(one.text)
    expect(one.text).toBe('5.000 copy handle\n5.000 writer published {"key":"k0"}\n5.000 writer drained\n')
  })

  it('differs when one process does the same in another order, or at another time', () => {
    const digestOf = (...lines: readonly [number, string][]): string => {
      const transcript = new Transcript()
      for (const [atMs, what] of lines) transcript.add(atMs, 'writer', what)
      return transcript.digest
    }
    const digest = digestOf([5, 'published'], [5, 'drained'])
    expect(digestOf([5, 'published'], [5, 'drained'])).toBe(digest)
    expect(digestOf([5, 'drained'], [5, 'published'])).not.toBe(digest)
    expect(digestOf([5, 'published'], [6, 'drained'])).not.toBe(digest)
  })

  it('has the name and code of an error, not its wording, and fields in the order of the alphabet', () => {
    const transcript = new Transcript()
    const error = Object.assign(new Error('worded so today'), { name: 'RedisError', code: 'REDIS' })
    transcript.add(0, 'copy', 'error', [error])
    transcript.add(1, 'copy', 'deadLetter', [{ tries: 3, error: 'HandlerError: worded so today' }])
    expect(transcript.text).toBe(
      '0.000 copy error [{"name":"RedisError","code":"REDIS"}]\n' +
        '1.000 copy deadLetter [{"error":"HandlerError","tries":3}]\n',
    )
  })
})

describe('a file of digests', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-digests-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('has a line for each seed, in order, and is read as it was written', async () => {
    const file = join(folder, 'digests')
    const digests = new Map([
      [10, '0123456789ab'],
      [9, 'ba9876543210'],
    ])
    await writeDigests(file, digests)
    expect(await readFile(file, 'utf8')).toBe('9 ba9876543210\n10 0123456789ab\n')
    expect(differing(digests, await readDigests(file))).toEqual([])
  })

  it('is refused with the line that is not a digest', async () => {
    const file = join(folder, 'digests')
    await writeFile(file, '9 ba9876543210\nnine\n')
    await expect(readDigests(file)).rejects.toThrow(/got `nine`/)
  })

  it('differs in the seeds that have another digest or are missing', () => {
    const recorded = new Map([
      [1, 'a'],
      [2, 'b'],
    ])
    const digests = new Map([
      [3, 'c'],
      [2, 'x'],
      [1, 'a'],
    ])
    expect(differing(digests, recorded)).toEqual([2, 3])
  })
})

describe('the options of `npm run digests`', () => {
  it('name a range of seeds, or one', () => {
    expect(parseOptions([])).toMatchObject({ first: 0, count: 200, destination: { kind: 'print' } })
    expect(parseOptions(['--first', '7', '--seeds', '5'])).toMatchObject({ first: 7, count: 5 })
    expect(parseOptions(['--seed', '7'])).toMatchObject({ first: 7, count: 1 })
    expect(parseOptions(['--seed', '7', '--print'])).toMatchObject({ destination: { kind: 'transcript', seed: 7 } })
  })

  it.each([
    [['--out', 'a', '--against', 'b'], /one of --out, --against, --record and --print/],
    [['--print'], /--print with --seed/],
    [['--record', '--seed', '1'], /--record without --seed/],
    [['--record', '--seeds', '1'], /without --seed and --record/],
    [['--sources', '/nowhere'], /no index\.ts/],
    [['--seeds', '0'], /--seeds to be a whole number from 1/],
  ])('refuse %j', (args, reason) => {
    expect(() => parseOptions(args)).toThrow(reason)
  })
})
