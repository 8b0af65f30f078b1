import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeLacking, describeUnsuitable } from '../../../src/support/peers.js'

const peer = { name: 'some-peer', lowest: { 5: 4, 6: 0 } } as const

describe('a peer', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-peers-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  async function install(name: string, version: string): Promise<string> {
    const home = join(folder, 'node_modules', name)
    await mkdir(join(home, 'lib'), { recursive: true })
    await writeFile(join(home, 'package.json'), JSON.stringify({ name, version, main: 'lib/index.js' }))
    await writeFile(join(home, 'lib/index.js'), '')
    return pathToFileURL(join(home, 'lib/index.js')).href
  }

  test.each(['5.4.0', '5.11.1', '6.0.0', '6.3.0-beta.1'])('of version %s serves', async (version) => {
    await install('some-peer', version)
    expect(describeUnsuitable(peer, await install('cache-invalidation', '1.0.0'))).toBeUndefined()
  })

  test.each(['4.30.1', '5.3.9', '7.0.0', 'next'])(
    'of version %s is refused, with what was found, where, and what to do',
    async (version) => {
      await install('some-peer', version)
      const home = join(folder, 'node_modules/some-peer')
      expect(describeUnsuitable(peer, await install('cache-invalidation', '1.0.0'))).toBe(
        `Expected some-peer 5.4 or later of 5, or 6, got ${version} in ${home}: \`npm install some-peer@6\` installs one, and packages that need another version keep their own`,
      )
    },
  )

  test('that is not installed is left to the import of it', async () => {
    expect(describeUnsuitable(peer, await install('cache-invalidation', '1.0.0'))).toBeUndefined()
  })

  test('on the disk beside a bundle is not judged, as the bundle has a copy of its own', async () => {
    await install('some-peer', '4.30.1')
    expect(describeUnsuitable(peer, pathToFileURL(join(folder, 'bundle.js')).href)).toBeUndefined()
  })

  test('without a version to be read is named by what it lacks', () => {
    expect(describeLacking(peer, 'Redis')).toMatch(
      /^Expected some-peer 5\.4 or later of 5, or 6, got one without `Redis`:/,
    )
  })
})
