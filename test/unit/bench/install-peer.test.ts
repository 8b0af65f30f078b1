import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needsInstall } from '../../../bench/install-peer.js'

const lock = 'package-lock.json'
const installed = 'node_modules/.package-lock.json'

describe('the packages of a peer', () => {
  let path: string
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'cache-invalidation-peer-'))
    await mkdir(join(path, 'node_modules'))
  })
  afterEach(() => rm(path, { recursive: true }))

  async function writeAt(file: string, seconds: number): Promise<void> {
    await writeFile(join(path, file), '{}')
    await utimes(join(path, file), seconds, seconds)
  }

  function needed(): Promise<boolean> {
    return needsInstall(pathToFileURL(`${path}/`))
  }

  test('are installed where npm left no mark that it finished', async () => {
    await writeAt(lock, 100)
    expect(await needed()).toBe(true)
  })

  test('are left as they are once they are installed', async () => {
    await writeAt(lock, 100)
    await writeAt(installed, 200)
    expect(await needed()).toBe(false)
  })

  test('are installed anew when their lock has changed since', async () => {
    await writeAt(installed, 200)
    await writeAt(lock, 300)
    expect(await needed()).toBe(true)
  })

  test('must be locked', async () => {
    await expect(needed()).rejects.toThrow(`Expected a package-lock.json in ${path}`)
  })
})
