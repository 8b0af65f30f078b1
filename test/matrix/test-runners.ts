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
    `const ${names} = require('cache-invalidation')\nconst { MemoryLog } = require('cache-invalidation/testing')\n${tests}`,
    ['jest/bin/jest.js', 'jest/'],
  ),
  running(
    'vitest',
    'vitest/service.test.mjs',
    `import { expect, test } from 'vitest'
import ${names} from 'cache-invalidation'
import { MemoryLog } from 'cache-invalidation/testing'
${tests}`,
    ['vitest/vitest.mjs', 'run', 'vitest/'],
  ),
]
