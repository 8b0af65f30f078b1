import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findRedisServer } from '../../scripts/redis-server.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-find-'))
  vi.stubEnv('REDIS_SERVER', undefined)
  vi.stubEnv('VALKEY_SERVER', undefined)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

async function executable(name: string, output: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\necho '${output}'\n`)
  await chmod(path, 0o755)
  return path
}

test('the server that REDIS_SERVER names comes first', async () => {
  const named = await executable('mine', 'Redis server v=8.0.0 sha=00000000:0')
  await executable('redis-server', 'Redis server v=7.0.15 sha=00000000:0')
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  vi.stubEnv('REDIS_SERVER', named)
  expect(await findRedisServer()).toBe(named)
})

test('a valkey-server on PATH is found, and a redis-server that is too old passed over', async () => {
  await executable('redis-server', 'Redis server v=6.0.16 sha=00000000:0')
  const valkey = await executable('valkey-server', 'Valkey server v=8.1.1 sha=00000000:0')
  vi.stubEnv('PATH', folder)
  expect(await findRedisServer()).toBe(valkey)
})

test.each([
  ['Redis server v=6.0.16 sha=00000000:0', 'is version 6.0, older than 6.2'],
  ['hello', 'does not name a Redis or Valkey server'],
])('a REDIS_SERVER that prints "%s" is refused, with what to do instead', async (output, reason) => {
  vi.stubEnv('REDIS_SERVER', await executable('redis-server', output))
  const attempt = findRedisServer()
  await expect(attempt).rejects.toThrow(reason)
  await expect(attempt).rejects.toThrow('set REDIS_SERVER to the path')
})
