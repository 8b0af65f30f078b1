import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InvalidationHandler } from '../../src/index.js'
import { evicting } from '../support/evicting.js'
import { examplesOf } from '../support/readme.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const recipes = (await examplesOf('docs/recipes.md')).filter(({ name }) => name.startsWith('evict-'))

let server: RedisServer
let folder: string

beforeAll(async () => {
  server = await startRedisServer()
  process.env.REDIS_URL = server.url
  // Within the project, so that the packages of the recipes are found.
  folder = await mkdtemp(join(root, 'test/integration/.recipes-'))
  for (const { name, code } of recipes) {
    await writeFile(join(folder, `${name}.ts`), code.replace("'cache-invalidation'", "'../../../src/index.js'"))
  }
})

afterAll(async () => {
  await rm(folder, { recursive: true })
  await server.stop()
})

/** What of the caches of the recipes is used here. */
interface RecipeCache {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  disconnect?(): unknown
}

interface Recipe {
  readonly cache: RecipeCache
  readonly memory?: RecipeCache
  readonly handler: InvalidationHandler
}

test('the recipes for caches compile in strict TypeScript', () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  }
  const program = ts.createProgram(
    recipes.map(({ name }) => join(folder, `${name}.ts`)),
    options,
  )
  const problems = ts.getPreEmitDiagnostics(program)
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
}, 60_000)

test.each([
  ['evict-lru-cache', ''],
  ['evict-keyv', ''],
  ['evict-cache-manager', ''],
  ['evict-redis', 'web:'],
  ['evict-tiers', 'web:'],
])('the recipe %s evicts what messages name', async (name, prefix) => {
  const { cache, memory, handler } = (await import(join(folder, `${name}.ts`))) as Recipe
  const keys = ['user:1', 'user:2', 'post:1', 'post:2']
  for (const key of keys) {
    await cache.set(prefix + key, 'x')
    memory?.set(key, 'x')
  }
  const evictor = evicting(handler)
  await evictor.key('user:1')
  await evictor.matching('post:*')
  const kept = await Promise.all(keys.map(async (key) => (await cache.get(prefix + key)) ?? null))
  expect(kept).toEqual([null, 'x', null, null])
  if (memory) expect(keys.map((key) => memory.get(key))).toEqual([undefined, 'x', undefined, undefined])
  await evictor.matching('*')
  expect((await cache.get(`${prefix}user:2`)) ?? null).toBeNull()
  await cache.disconnect?.()
})

test('the recipe for tags evicts what carries one', async () => {
  const { cache, handler } = (await import(join(folder, 'evict-tags.ts'))) as Recipe
  cache.set('invoice:1', { total: '1 EUR', tenant: 42 })
  cache.set('invoice:2', { total: '1 EUR', tenant: 43 })
  await evicting(handler).tag('tenant:42')
  expect(cache.get('invoice:1')).toBeUndefined()
  expect(cache.get('invoice:2')).toBeDefined()
})

test('every recipe for a cache is run', () => {
  expect(recipes.map(({ name }) => name)).toEqual([
    'evict-lru-cache',
    'evict-keyv',
    'evict-cache-manager',
    'evict-redis',
    'evict-tiers',
    'evict-tags',
  ])
})
