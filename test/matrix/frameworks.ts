import { readFile } from 'node:fs/promises'
import { examplesOf } from '../support/readme.js'
import { freePort } from '../support/redis-server.js'
import { RunningScript } from '../support/running-script.js'
import type { Cell, Place } from './cell.js'

const timeoutMs = 120_000

/** The code of one of the recipes. */
async function recipe(name: string): Promise<string> {
  const found = (await examplesOf('docs/recipes.md')).find((example) => example.name === name)
  if (found === undefined) throw new Error(`Expected docs/recipes.md to have an example ${name}`)
  return found.code
}

interface Answer {
  readonly name: string
  readonly from: string
}

function next(name: string, quick: boolean, flags: readonly string[]): Cell {
  const run = async (place: Place): Promise<void> => {
    const { project, redis } = place
    await project.write('lib/cache.ts', await recipe('next-cache'))
    await project.write('instrumentation.ts', await recipe('next-instrumentation'))
    await project.write('app/api/users/[id]/route.ts', await recipe('next-route'))
    const script = 'node_modules/next/dist/bin/next'
    const env = { NEXT_TELEMETRY_DISABLED: '1', REDIS_URL: redis.url }
    const built = await project.run(process.execPath, [script, 'build', ...flags], env)
    if (/opentelemetry|module not found/i.test(built)) throw new Error(`Next warned:\n${built}`)
    const port = await freePort()
    const args = ['start', '--hostname', '127.0.0.1', '--port', String(port)]
    const server = new RunningScript(script, { args, cwd: project.dir, env, timeoutMs })
    try {
      await server.printedLike(/Ready in/)
      await useRoute(`http://127.0.0.1:${port}/api/users/1`)
    } finally {
      await server.kill()
    }
  }
  return { name, quick, run }
}

/** Caches, evicts by the route that publishes, and waits until the handler has evicted. */
async function useRoute(url: string): Promise<void> {
  const get = async (): Promise<string> => ((await (await fetch(url)).json()) as Answer).from
  const first = [await get(), await get()].join(' ')
  if (first !== 'database cache') throw new Error(`Expected the answers to come from database, cache, got ${first}`)
  const put = await fetch(url, { method: 'PUT' })
  if (!put.ok) throw new Error(`PUT was answered with ${put.status}: ${await put.text()}`)
  const deadline = AbortSignal.timeout(5_000)
  while ((await get()) !== 'database') deadline.throwIfAborted()
}

/** Reads through the module's cache, publishes by its publisher, and waits until the handler has evicted. */
const nestProgram = `
import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { InvalidationPublisher } from 'cache-invalidation'
import { InvalidationModule, UserCache } from './invalidation.module'

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(InvalidationModule, { logger: ['error', 'warn'] })
  app.enableShutdownHooks()
  const { entries } = app.get(UserCache)
  const evicted = new Promise<void>((resolve) => {
    entries.delete = (key) => {
      if (key === 'user:1') resolve()
      return Map.prototype.delete.call(entries, key)
    }
  })
  entries.set('user:1', 'Ada')
  await app.get(InvalidationPublisher).update('user', '1')
  await evicted
  console.log('left', entries.size)
  await app.close()
}
void main()
`

/** Two applications of the example share a database: what one changes, the other serves, too. */
const nestCacheProgram = `
import 'reflect-metadata'
import type { INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Database } from './database.js'
import { UsersModule } from './nestjs.js'

const database = new Database()

async function start(): Promise<INestApplication> {
  const app = await NestFactory.create(UsersModule, { logger: ['error', 'warn'] })
  const { user, users, report, renameUser, renameTeam } = database
  Object.assign(app.get(Database), {
    user: user.bind(database),
    users: users.bind(database),
    report: report.bind(database),
    renameUser: renameUser.bind(database),
    renameTeam: renameTeam.bind(database),
  })
  return app.listen(0, '127.0.0.1').then(() => app)
}

async function main(): Promise<void> {
  const apps = [await start(), await start()]
  const [one, other] = await Promise.all(apps.map((app) => app.getUrl()))
  const get = async (url: string): Promise<string> => (await fetch(url)).text()
  const put = async (url: string, name: string): Promise<void> => {
    const headers = { 'content-type': 'application/json' }
    const { ok, status } = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ name }) })
    if (!ok) throw new Error(url + ' answered ' + status)
  }
  const becomes = async (url: string, text: string): Promise<void> => {
    const deadline = AbortSignal.timeout(10_000)
    while (!(await get(url)).includes(text)) deadline.throwIfAborted()
    console.log(text)
  }
  for (const url of [one, other]) await becomes(url + '/readyz', '"serving":true')
  for (const url of [one, other, one, other]) await get(url + '/users/1')
  console.log('reads', database.reads)
  await put(one + '/users/1', 'Lovelace')
  await becomes(other + '/users/1', 'Lovelace')
  console.log(await get(other + '/lists/3,1'))
  console.log(await get(one + '/teams/1/report'))
  await put(other + '/teams/1', 'Analysts')
  await becomes(one + '/teams/1/report', 'Analysts')
  await becomes(one + '/users/1', 'Analysts')
  await Promise.all(apps.map((app) => app.close()))
}
void main()
`

interface NestProgram {
  readonly name: string
  /** By their names. */
  readonly files: () => Promise<Readonly<Record<string, string>>>
  readonly lines: readonly string[]
}

/** Compiles the files as NestJS' own command line does, and runs `main.ts`, which must print the lines and end. */
function nest({ name, files, lines }: NestProgram): Cell {
  const run = async ({ project, redis }: Place): Promise<void> => {
    for (const [file, code] of Object.entries(await files())) await project.write(`${name}/${file}`, code)
    const compilerOptions = {
      target: 'ES2023',
      module: 'node20',
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      outDir: 'out',
    }
    await project.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    await project.runScript('typescript/bin/tsc', ['--project', name])
    const program = new RunningScript(`${name}/out/main.js`, {
      cwd: project.dir,
      env: { REDIS_URL: redis.url, NO_COLOR: '1' },
      timeoutMs,
    })
    await program.succeeded()
    const printed = program.lines.join('\n')
    if (printed !== lines.join('\n')) throw new Error(`Expected:\n${lines.join('\n')}\n\nPrinted:\n${printed}`)
  }
  return { name, quick: true, run }
}

function example(file: string): Promise<string> {
  return readFile(new URL(`../../examples/cache/${file}`, import.meta.url), 'utf8')
}

export const nextCells = [next('next', true, []), next('next-webpack', false, ['--webpack'])]
export const nestCells = [
  nest({
    name: 'nestjs',
    files: async () => ({ 'invalidation.module.ts': await recipe('nest-module'), 'main.ts': nestProgram }),
    lines: ['left 0'],
  }),
  nest({
    name: 'nestjs-cache',
    files: async () => ({
      'nestjs.ts': await example('nestjs.ts'),
      'database.ts': await example('database.ts'),
      'main.ts': nestCacheProgram,
    }),
    lines: [
      '"serving":true',
      '"serving":true',
      'reads 2',
      'Lovelace',
      '[{"id":"3","name":"Charles","teamId":"1","teamName":"Engines"},{"id":"1","name":"Lovelace","teamId":"1","teamName":"Engines"}]',
      '{"team":"Engines","users":2}',
      'Analysts',
      'Analysts',
    ],
  }),
]
