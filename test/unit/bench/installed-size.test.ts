import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installedSize } from '../../../bench/cost/installed-size.js'

let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'installed-size-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

/** Installs a package whose package.json and one further file take 1,000 bytes together. */
async function install(folder: string, packageJson: object = {}): Promise<string> {
  const json = JSON.stringify(packageJson)
  await write(join(folder, 'package.json'), json)
  await write(join(folder, 'lib', 'index.js'), ' '.repeat(1_000 - json.length))
  return join(root, folder)
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

describe('installedSize', () => {
  it('adds up a package and all that it depends on, however deep', async () => {
    const folder = await install('node_modules/a', { dependencies: { '@scope/b': '1' } })
    await install('node_modules/@scope/b', { dependencies: { c: '1' } })
    await install('node_modules/c')
    await install('node_modules/unrelated')

    expect(await installedSize([folder])).toEqual({ bytes: 3_000, packages: 3 })
  })

  it('counts what several depend on once, also where they depend on each other', async () => {
    const a = await install('node_modules/a', { dependencies: { shared: '1' } })
    const b = await install('node_modules/b', { dependencies: { shared: '1' } })
    await install('node_modules/shared', { dependencies: { a: '1' } })

    expect(await installedSize([a, b])).toEqual({ bytes: 3_000, packages: 3 })
  })

  it('takes the version that stands within a package before the one beside it, and counts no other', async () => {
    const folder = await install('node_modules/a', { dependencies: { b: '1' } })
    await install('node_modules/a/node_modules/b', { dependencies: { c: '1' } })
    await install('node_modules/a/node_modules/unrelated')
    await install('node_modules/b')
    await install('node_modules/c')

    expect(await installedSize([folder])).toEqual({ bytes: 3_000, packages: 3 })
  })

  it('counts an optional dependency where it is installed, and no peer dependency', async () => {
    const folder = await install('node_modules/a', {
      dependencies: { absent: '1' },
      optionalDependencies: { absent: '1', present: '1' },
      peerDependencies: { peer: '1' },
    })
    await install('node_modules/present')
    await install('node_modules/peer')

    expect(await installedSize([folder])).toEqual({ bytes: 2_000, packages: 2 })
  })

  it('refuses to weigh a package without what it depends on', async () => {
    const folder = await install('node_modules/a', { dependencies: { absent: '1' } })

    await expect(installedSize([folder])).rejects.toThrow('Expected absent to be installed')
  })
})
