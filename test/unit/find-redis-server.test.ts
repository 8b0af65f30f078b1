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

test('the server that VALKEY_SERVER names is taken where REDIS_SERVER names none', async () => {
  const named = await executable('mine', 'Valkey server v=9.1.2 sha=00000000:1')
  await executable('redis-server', 'Redis server v=7.0.15 sha=00000000:0')
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  vi.stubEnv('VALKEY_SERVER', named)
  expect(await findRedisServer()).toBe(named)
})

test.each([
  'Redis server v=6.2.5 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64 build=135cf79b58e84c2a',
  'Redis server v=8.2.3 sha=b5d43ceb:0 malloc=jemalloc-5.3.0 bits=64 build=a4a1616166d42ee6',
  'Redis server v=10.0.0 sha=00000000:0 malloc=libc bits=64 build=1',
  'Valkey server v=7.2.8 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1',
  'Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=1536df31c0395150',
])('a server that prints "%s" will do', async (output) => {
  const named = await executable('mine', output)
  vi.stubEnv('REDIS_SERVER', named)
  expect(await findRedisServer()).toBe(named)
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
