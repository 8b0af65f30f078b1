import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { version } from '../../../src/support/version.js'

test('the version the code tells is that of package.json', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(manifest).toMatchObject({ version })
})
