import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import ts from 'typescript'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Database } from '../../examples/cache/database.js'
import { createService } from '../../examples/cache/express.js'
import { until } from '../support/latch.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const timeoutMs = 15_000

/** An instance of the service, which listens. */
class Instance {
  readonly #server: Server
  readonly #close: () => Promise<void>
  readonly #origin: string

  private constructor(server: Server, close: () => Promise<void>) {
    this.#server = server
    this.#close = close
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<Instance> {
    const { app, close } = await createService(redis.url, database)
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const instance = new Instance(server, close)
    await until(async () => (await instance.health()).serving, timeoutMs, 'the cache serving')
    return instance
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(this.#origin + path)).json()
  }

  async health(): Promise<{ readonly serving: boolean; readonly position: string | undefined }> {
    return (await this.get('/readyz')) as { serving: boolean; position: string | undefined }
  }

  /** Resolves to the status. */
  async put(path: string, name: string): Promise<number> {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(this.#origin + path, { method: 'PUT', headers, body: JSON.stringify({ name }) })).status
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
    await this.#close()
  }
}

let redis: RedisServer
let database: Database
/** What the answers of the database wait for. */
let way: Promise<void>
let web1: Instance
let web2: Instance

beforeEach(async () => {
  redis = await startRedisServer()
  way = Promise.resolve()
  database = new Database(() => way)
  web1 = await Instance.start()
  web2 = await Instance.start()
})

afterEach(async () => {
  await Promise.all([web1.close(), web2.close()])
  await redis.stop()
})

const ada = { id: '1', name: 'Ada', teamId: '1', teamName: 'Engines' }

function becomes(instance: Instance, path: string, expected: object): Promise<void> {
  return until(
    async () => JSON.stringify(await instance.get(path)) === JSON.stringify(expected),
    timeoutMs,
    `${path} becoming ${JSON.stringify(expected)}`,
  )
}

test('each instance reads a user once, and both read it anew after one of them has changed it', async () => {
  for (const instance of [web1, web2, web1, web2]) expect(await instance.get('/users/1')).toEqual(ada)
  expect(database.reads).toBe(2)
  expect(await web1.put('/users/1', 'Ada Lovelace')).toBe(204)
  expect(await web1.get('/users/1')).toEqual({ ...ada, name: 'Ada Lovelace' })
  await becomes(web2, '/users/1', { ...ada, name: 'Ada Lovelace' })
  expect(database.reads).toBe(4)
})

test('a value that the other instance changes while it is loaded is not kept', async () => {
  const answer = Promise.withResolvers<undefined>()
  way = answer.promise
  const { position } = await web2.health()
  const reading = web2.get('/users/1')
  await until(() => database.reads === 1, timeoutMs, 'the query running')
  expect(await web1.put('/users/1', 'Ada Lovelace')).toBe(204)
  await until(async () => (await web2.health()).position !== position, timeoutMs, 'the invalidation arriving')
  answer.resolve(undefined)
  expect(await reading).toEqual(ada)
  expect(await web2.get('/users/1')).toEqual({ ...ada, name: 'Ada Lovelace' })
})

test('a list is loaded by one query for all users that are not in memory', async () => {
  await web1.get('/users/1')
  const charles = { id: '3', name: 'Charles', teamId: '1', teamName: 'Engines' }
  const joseph = { id: '2', name: 'Joseph', teamId: '2', teamName: 'Looms' }
  expect(await web1.get('/users?ids=3,1,2,9')).toEqual([charles, ada, joseph])
  expect(database.reads).toBe(2)
  expect(await web1.get('/users?ids=3,1,2,9')).toEqual([charles, ada, joseph])
  expect(database.reads).toBe(2)
})

test('a team that one instance renames has its new name in its report and its users, in both', async () => {
  for (const instance of [web1, web2]) {
    expect(await instance.get('/teams/1/report')).toEqual({ team: 'Engines', users: 2 })
    expect(await instance.get('/users/1')).toEqual(ada)
    await instance.get('/users/2')
  }
  expect(await web1.put('/teams/1', 'Analysts')).toBe(204)
  for (const instance of [web1, web2]) {
    await becomes(instance, '/teams/1/report', { team: 'Analysts', users: 2 })
    await becomes(instance, '/users/1', { ...ada, teamName: 'Analysts' })
    const { reads } = database
    await instance.get('/users/2')
    expect(database.reads).toBe(reads)
  }
})

test('without Redis a change is accepted, and the other instance hears of it when Redis is back', async () => {
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  expect(await web2.get('/users/1')).toEqual(ada)
  await redis.kill()
  expect(await web1.put('/users/1', 'Ada Lovelace')).toBe(202)
  expect(await web1.get('/users/1')).toEqual({ ...ada, name: 'Ada Lovelace' })
  await redis.restart()
  await becomes(web2, '/users/1', { ...ada, name: 'Ada Lovelace' })
  expect(logged).toHaveBeenCalled()
  logged.mockRestore()
})

test('at most 20 lines of the service are about its cache', async () => {
  const file = new URL('../../examples/cache/express.ts', import.meta.url)
  const lines = linesAbout(await readFile(file, 'utf8'), [
    'CoherentCache',
    'cache',
    'users',
    'PublishTimeoutError',
    'onError',
  ])
  expect(lines.length).toBeGreaterThan(10)
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(20)
})

/** The lines of all statements that use one of these names; of a function, only the statements inside. */
function linesAbout(code: string, names: readonly string[]): string[] {
  const source = ts.createSourceFile('service.ts', code, ts.ScriptTarget.Latest, true)
  const found = new Set<number>()
  const lineAt = (place: number): number => source.getLineAndCharacterOfPosition(place).line
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.includes(node.text) && !isOtherProperty(node)) {
      const statement = ts.findAncestor(node, ts.isStatement) ?? node
      for (let line = lineAt(statement.getStart()); line <= lineAt(statement.end); line++) found.add(line)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  const lines = code.split('\n')
  return [...found].toSorted((one, other) => one - other).map((line) => lines[line] ?? '')
}

/** Whether a name is one of a property of something else, as `users` in `database.users`. */
function isOtherProperty({ parent, text }: ts.Identifier): boolean {
  return (ts.isPropertyAccessExpression(parent) && parent.name.text === text) || ts.isPropertySignature(parent)
}
