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

const nest: Cell = {
  name: 'nestjs',
  quick: true,
  run: async ({ project, redis }) => {
    await project.write('invalidation.module.ts', await recipe('nest-module'))
    await project.write('main.ts', nestProgram)
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
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    await project.runScript('typescript/bin/tsc', ['--project', '.'])
    const program = new RunningScript('out/main.js', {
      cwd: project.dir,
      env: { REDIS_URL: redis.url, NO_COLOR: '1' },
      timeoutMs,
    })
    await program.succeeded()
    if (program.lines.join() !== 'left 0') throw new Error(`Expected "left 0", got ${program.lines.join()}`)
  },
}

export const nextCells = [next('next', true, []), next('next-webpack', false, ['--webpack'])]
export const nestCells = [nest]
