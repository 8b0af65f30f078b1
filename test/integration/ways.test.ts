import { expect, it } from 'vitest'
import { measureWays } from '../support/ways/measure-ways.js'
import { countedFiles, readRecordedFiles } from '../support/ways/way.js'

it('takes a message through the recorded files of src, and no others', { timeout: 60_000 }, async () => {
  const ways = await measureWays()
  for (const { counted } of ways) expect(counted).not.toHaveLength(0)
  expect(
    countedFiles(ways),
    'A message takes another way through src. `npm run ways` lists the files with the functions that ran; if the change ' +
      'is on purpose, record it with `npm run ways -- --record`',
  ).toEqual(await readRecordedFiles())
})
