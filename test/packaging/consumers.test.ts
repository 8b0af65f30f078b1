import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { ConsumerProject, installNode, packPackage } from '../support/consumer-project.js'
import {
  docsExamples,
  type Example,
  printedBy,
  quickStartLines,
  readmeExamples,
  toCommonJs,
  unexpectedLines,
} from '../support/readme.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { RunningScript, type ScriptOptions } from '../support/running-script.js'

const installTimeoutMs = 180_000
const { ioredis: ioredis6, ioredis5: ioredis5Alias } = packageJson.devDependencies
const ioredis5 = ioredis5Alias.replace('npm:ioredis@', '')

const lowestNode = packageJson.engines.node.replace('>=', '')
const exitLimitMs = 3_000

let folder: string
let tarball: string
let lowestNodePath: string
let examples: Example[]
let docs: Example[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-pack-'))
  tarball = await packPackage(folder)
  // NODE_22 names an executable that is there already.
  lowestNodePath = process.env.NODE_22 ?? (await installNode(lowestNode, join(folder, 'node')))
  const { stdout: version } = await promisify(execFile)(lowestNodePath, ['--version'])
  expect(version).toMatch(/^v22\./)
  examples = await readmeExamples()
  docs = await docsExamples()
}, installTimeoutMs)

afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe.each([
  { title: 'ioredis 6', version: ioredis6 },
  { title: 'ioredis 5', version: ioredis5 },
])('a project that has installed the packed tarball beside $title', ({ version }) => {
  let project: ConsumerProject
  let redis: RedisServer

  beforeAll(async () => {
    project = await ConsumerProject.create(tarball, version)
  }, installTimeoutMs)

  beforeEach(async () => {
    redis = await startRedisServer()
  })

  afterEach(async () => {
    await redis.stop()
  })

  afterAll(async () => {
    await project.remove()
  })

  test('compiles every example of the README and the docs in strict TypeScript, and runs what can run', async () => {
    for (const { name, code } of [...examples, ...docs]) await project.write(`${name}.ts`, code)
    await project.compile()
    await runQuickStart((name) => `${name}.js`, { cwd: project.dir, env: { REDIS_URL: redis.url } })
    const running = docs.filter(({ runs }) => runs)
    expect(running).not.toHaveLength(0)
    for (const { name, code } of running) await runExample(`${name}.js`, code)
  }, 60_000)

  test('compiles a complete log of its own and a wrapper with the exported types alone', async () => {
    const source = await readFile(new URL('../support/own-log.ts', import.meta.url), 'utf8')
    await project.write('own-log.ts', source.replace("'../../src/index.js'", "'cache-invalidation'"))
    await project.compile()
  }, 60_000)

  test.each([
    { title: 'the Node of the tests', nodePath: () => process.execPath },
    { title: `Node ${lowestNode}`, nodePath: () => lowestNodePath },
  ])('runs the quick start on $title, by import and by require', async ({ nodePath }) => {
    const options = { cwd: project.dir, env: { REDIS_URL: redis.url }, node: nodePath() }
    for (const { name, code } of examples) {
      await project.write(`${name}.mjs`, code)
      // `require` of ESM throws where any module of the graph has a top-level await.
      await project.write(`${name}.cjs`, toCommonJs(code))
    }
    await runQuickStart((name) => `${name}.mjs`, options)
    await runQuickStart((name) => `${name}.cjs`, options)
  })

  test('lets a script end once it has closed what it opened', async () => {
    const closing = examples.filter(({ code }) => code.trimEnd().endsWith('.close()'))
    expect(closing.map(({ name }) => name)).toEqual(['publisher', 'testing', 'cache'])
    for (const { name, code } of closing) {
      await project.write(`${name}-closes.mjs`, `${code}console.log('closed')\n`)
      const script = new RunningScript(`${name}-closes.mjs`, { cwd: project.dir, env: { REDIS_URL: redis.url } })
      await script.printed('closed')
      await script.succeeded(exitLimitMs)
    }
  })

  test('runs every other example of the README', async () => {
    const others = examples.filter(({ name, runs }) => runs && name !== 'subscriber' && name !== 'publisher')
    expect(others).not.toHaveLength(0)
    for (const { name, code } of others) {
      await project.write(`${name}.mjs`, code)
      await runExample(`${name}.mjs`, code)
    }
  })

  test('has the command line in its bin, on the lowest Node as well', async () => {
    const options = { cwd: project.dir, env: { ...process.env, REDIS_URL: redis.url } }
    const command = join(project.dir, 'node_modules/.bin/cache-invalidation')
    const { stdout: version } = await promisify(execFile)(command, ['--version'], options)
    expect(version).toBe(`${packageJson.version}\n`)
    const published = await promisify(execFile)(lowestNodePath, [command, 'publish', 'user', '123'], options)
    expect(published.stdout).toMatch(/^published delete user:123 {2}position /)
  })

  test.each([
    ['import', 'old.mjs', "import 'cache-invalidation'"],
    ['require', 'old.cjs', "require('cache-invalidation')"],
    ['import of the cache', 'old-cache.mjs', "import 'cache-invalidation/cache'"],
    ['require of the cache', 'old-cache.cjs', "require('cache-invalidation/cache')"],
    ['require of CommonJS', 'old-jest.cjs', "require('./node_modules/cache-invalidation/dist/cjs/testing.js')"],
    ['the command line', 'node_modules/cache-invalidation/dist/cli/main.js', undefined],
  ])('says which Node it needs on an older one: %s', async (_, file, code) => {
    if (code !== undefined) await project.write(file, code)
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.0' } })"
    await project.write('older.cjs', older)
    const run = promisify(execFile)(process.execPath, ['--require', './older.cjs', file], { cwd: project.dir })
    await expect(run).rejects.toThrow('Expected Node 22.15 or later for cache-invalidation, got Node 20.20.0')
  })

  test('gets types that do not mention p-queue', async () => {
    const dist = join(project.dir, 'node_modules/cache-invalidation/dist')
    const declarations = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.d.ts'))
    expect(declarations).toContain('index.d.ts')
    for (const file of declarations) expect(await readFile(join(dist, file), 'utf8'), file).not.toMatch(/p-queue/i)
  })

  async function runExample(file: string, code: string): Promise<void> {
    const script = new RunningScript(file, { cwd: project.dir, env: { REDIS_URL: redis.url } })
    await script.succeeded()
    expect(script.lines).toEqual(printedBy(code))
  }
})

async function runQuickStart(fileOf: (name: string) => string, options: ScriptOptions): Promise<void> {
  const subscriber = new RunningScript(fileOf('subscriber'), options)
  try {
    await subscriber.printed(quickStartLines.first)
    await new RunningScript(fileOf('publisher'), options).succeeded()
    await subscriber.printed(quickStartLines.last)
    expect(unexpectedLines(subscriber.lines)).toEqual([])
  } finally {
    await subscriber.kill()
  }
}
