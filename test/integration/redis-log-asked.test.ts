import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { RedisLog } from '../../src/log/redis/redis-log.js'
import { FakeRedis } from '../support/fake-redis.js'
import { until, within } from '../support/latch.js'

async function startNode(answer: (name: string) => string | undefined): Promise<FakeRedis> {
  const node = await FakeRedis.start(([name = '']) => answer(name.toLowerCase()))
  onTestFinished(() => node.stop())
  return node
}

it('is asked nothing any more, and not connected to, once the connection is closed that had been sent on to it', async () => {
  const asked = await startNode(() => '+OK\r\n')
  const owner = await startNode((name) => {
    if (name === 'cluster') return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${owner.port}\r\n`
    return name === 'get' ? undefined : '+OK\r\n'
  })
  const log = new RedisLog(`redis+cluster://127.0.0.1:${owner.port}`)
  const commands = log.openCommands({ onUp: () => {}, onDown: () => {}, onError: () => {} })
  await commands.opened()
  const head = commands.head().catch(String)
  await until(() => owner.commands.some(([name]) => name === 'get'), 10_000, 'the question')

  const closed = commands.close()
  // On its way when the connection was closed: a socket that was ended is read to its end.
  owner.send(`-ASK 1 127.0.0.1:${asked.port}\r\n`)
  expect(await head).toContain('was closed')
  await closed

  // Connections are accepted in order: one that was begun before ours has shown itself by the time ours is served.
  const ours = connect(asked.port, '127.0.0.1').end('*1\r\n$4\r\nours\r\n')
  await within(once(ours, 'data'), 10_000, 'a reply')
  ours.destroy()
  expect(asked.commands).toEqual([['ours']])
})
