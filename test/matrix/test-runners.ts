import type { Cell, Place } from './cell.js'

/** The same for both: what a service's tests do, without Redis and with it. */
const tests = `
for (const [title, source] of [['in memory', () => new MemoryLog()], ['over Redis', () => process.env.REDIS_URL]]) {
  test('evicts what is published ' + title, async () => {
    const log = source()
    const publisher = await InvalidationPublisher.connect(log, 'user-service')
    const subscriber = await InvalidationSubscriber.connect(log)
    const evicted = []
    const subscription = subscriber.subscribe((message) => void evicted.push(message.entityId))
    await subscription.caughtUp()
    const { position } = await publisher.invalidate('user', '123')
    await subscription.waitFor(position)
    expect(evicted).toEqual(['123'])
    await subscriber.close()
    await publisher.close()
  })
}
`
/** Two instances of a service in one test. */
const cacheTest = `
test('a value that one instance changes is loaded anew by the other', async () => {
  const log = new MemoryLog()
  const values = new Map([['1', 'Ada']])
  const caches = await Promise.all([1, 2].map(() => CoherentCache.connect(log, { service: 'web' })))
  await Promise.all(caches.map((cache) => cache.caughtUp()))
  const [one, other] = caches.map((cache) => cache.entity('user', { load: (id) => values.get(id) }))
  expect(await other.get('1')).toBe('Ada')
  expect(other.peek('1')).toBe('Ada')
  await one.update('1', () => values.set('1', 'Ada Lovelace'))
  await caches[1].caughtUp()
  expect(await other.get('1')).toBe('Ada Lovelace')
  await Promise.all(caches.map((cache) => cache.close()))
})
`
const names = '{ InvalidationPublisher, InvalidationSubscriber }'

function checkWarnings(printed: string): void {
  if (/opentelemetry|warning/i.test(printed)) throw new Error(`It warned:\n${printed}`)
}

function running(
  name: string,
  file: string,
  code: string,
  command: readonly [script: string, ...args: string[]],
): Cell {
  const run = async ({ project, redis }: Place): Promise<void> => {
    await project.write(file, code)
    const [script, ...args] = command
    checkWarnings(await project.runScript(script, args, { REDIS_URL: redis.url }))
  }
  return { name, quick: true, run }
}

export const testRunners: readonly Cell[] = [
  running(
    'jest',
    'jest/service.test.js',
    `const ${names} = require('cache-invalidation')\nconst { MemoryLog } = require('cache-invalidation/testing')\nconst { CoherentCache } = require('cache-invalidation/cache')\n${tests}${cacheTest}`,
    ['jest/bin/jest.js', 'jest/'],
  ),
  running(
    'vitest',
    'vitest/service.test.mjs',
    `import { expect, test } from 'vitest'
import ${names} from 'cache-invalidation'
import { MemoryLog } from 'cache-invalidation/testing'
import { CoherentCache } from 'cache-invalidation/cache'
${tests}${cacheTest}`,
    ['vitest/vitest.mjs', 'run', 'vitest/'],
  ),
]
