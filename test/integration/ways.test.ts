import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { measureWays } from '../support/ways/measure-ways.js'
import { countedFiles, readRecordedFiles, type Way } from '../support/ways/way.js'

/** A file on a way is short enough to be read in one go. */
const maxLines = 300

describe('a message', () => {
  let ways: readonly Way[]

  beforeAll(async () => {
    ways = await measureWays()
  })

  function filesOf(name: Way['name']): readonly string[] {
    return countedFiles(ways)[name] ?? []
  }

  it('goes through the recorded files of src, and no others', async () => {
    for (const { counted } of ways) expect(counted).not.toHaveLength(0)
    expect(
      countedFiles(ways),
      'A message takes another way through src. `npm run ways` lists the files with the functions that ran; if the change ' +
        'is on purpose, record it with `npm run ways -- --record`',
    ).toEqual(await readRecordedFiles())
  })

  it('takes at most 12 files from publish() to the socket and back, and 12 from the feed to the handler', () => {
    expect(filesOf('publish').length).toBeLessThanOrEqual(12)
    expect(filesOf('delivery').length).toBeLessThanOrEqual(12)
  })

  it('that is replayed takes at most 8 more', () => {
    const delivery = filesOf('delivery')
    expect(filesOf('replay').filter((file) => !delivery.includes(file)).length).toBeLessThanOrEqual(8)
  })

  it('takes no file that is too long', () => {
    const long = ways.flatMap(({ counted }) => counted.filter(({ lines }) => lines > maxLines))
    expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([])
  })

  it('is followed by CONTRIBUTING.md through the same files', async () => {
    const page = await readFile(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8')
    for (const name of ['publish', 'delivery', 'replay'] as const) {
      const section = new RegExp(`^### .*\\(${name}\\)$([^#]*)`, 'm').exec(page)?.[1] ?? ''
      // A way back may lead through a file again.
      const listed = new Set(Array.from(section.matchAll(/^\| `([\w/-]+\.ts)`/gm), ([, file]) => file))
      const added =
        name === 'replay' ? filesOf(name).filter((file) => !filesOf('delivery').includes(file)) : filesOf(name)
      expect([...listed].toSorted(), `the way "${name}" of CONTRIBUTING.md`).toEqual([...added].toSorted())
    }
  })
})
