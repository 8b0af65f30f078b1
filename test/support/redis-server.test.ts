import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { type RedisServer, startRedisServer } from './redis-server.js'

let server: RedisServer | undefined

afterEach(async () => {
  await server?.stop()
})

async function command(name: string, ...args: string[]): Promise<unknown> {
  const client = new Redis(server?.url ?? '', { lazyConnect: true, retryStrategy: null })
  client.on('error', () => undefined)
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

test('a server with persistence has its data again after kill -9', async () => {
  server = await startRedisServer({ persistence: 'aof' })
  await command('SET', 'key', 'value')
  await server.kill()
  await expect(command('GET', 'key')).rejects.toThrow()
  await server.restart()
  expect(await command('GET', 'key')).toBe('value')
})

test('a server without persistence comes back empty', async () => {
  server = await startRedisServer()
  await command('SET', 'key', 'value')
  await server.restart()
  expect(await command('GET', 'key')).toBeNull()
})

test('a paused server can be stopped, and its folder goes with it', async () => {
  server = await startRedisServer()
  server.pause()
  await server.stop()
  expect(existsSync(server.dir)).toBe(false)
})

test('a server whose port is taken says so, whoever answers there', async () => {
  server = await startRedisServer()
  await expect(startRedisServer({ port: server.port })).rejects.toThrow(`Port ${server.port} is taken`)
})

test('a server ends with the process that started it, even when that is killed', async () => {
  const support = fileURLToPath(new URL('./redis-server.ts', import.meta.url))
  const dir = await mkdtemp(join(tmpdir(), 'cache-invalidation-orphan-'))
  const script = `
    const { startRedisServer } = await import(${JSON.stringify(support)})
    const server = await startRedisServer({ dir: ${JSON.stringify(dir)} })
    console.log(server.port)`
  const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
  const [output] = (await once(starter.stdout, 'data')) as [Buffer]
  const client = new Redis(Number(output.toString()), { retryStrategy: null })
  await client.ping()
  const closed = once(client, 'end', { signal: AbortSignal.timeout(10_000) })
  starter.kill('SIGKILL')
  await closed
  await rm(dir, { recursive: true })
})
