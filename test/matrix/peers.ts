import type { Cell } from './cell.js'

const program = `
import { InvalidationPublisher } from 'cache-invalidation'
import { MemoryLog } from 'cache-invalidation/testing'
const warned = new Promise((resolve) => process.on('warning', ({ message }) => resolve(message)))
const publisher = await InvalidationPublisher.connect(new MemoryLog(), 'svc')
await publisher.close()
console.log(await warned)
await InvalidationPublisher.connect(process.env.REDIS_URL, 'svc').catch((error) => console.log(error.code, error.message))
`

/** Beside peers of other versions it installs; what needs them says which version is there, and what to install. */
export const otherPeers: Cell = {
  name: 'other-peers',
  quick: true,
  run: async ({ project, redis }) => {
    await project.write('program.mjs', program)
    const printed = await project.run(process.execPath, ['program.mjs'], { REDIS_URL: redis.url })
    for (const expected of [
      /Expected @opentelemetry\/api 1\.9 or later of 1, got 1\.4\.0 in /,
      /Expected ioredis 5\.4 or later of 5, or 6, got 4\.30\.1 in .*: `npm install ioredis@6`/,
    ]) {
      if (!expected.test(printed)) throw new Error(`Expected ${expected.source}, got:\n${printed}`)
    }
  },
}
