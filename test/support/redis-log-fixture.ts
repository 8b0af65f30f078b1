import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { LogConnection } from '../../src/log/log.js'
import type { RedisLike } from '../../src/log/redis/redis-like.js'
import { RedisLog, type RedisTarget } from '../../src/log/redis/redis-log.js'
import { type Answer, FakeRedis } from './fake-redis.js'
import { within } from './latch.js'
import { RecordingListener } from './recording-listener.js'
import { type RedisServer, startRedisServer } from './redis-server.js'

/** Options that our connections must not inherit. */
const hostile = { lazyConnect: true, enableAutoPipelining: true, stringNumbers: true, commandTimeout: 1 }

/** For `it.each`: how a user's client of each version is made. */
export const clients: [name: string, lend: (url: string) => RedisLike][] = [
  ['ioredis 6', (url) => new Redis(url, hostile)],
  ['ioredis 5', (url) => new Redis5(url, hostile)],
]

/** What a server without RESP3 answers where it has nothing to say. */
export const basics: Answer = ([name]) => (name === 'hello' ? '-ERR unknown command `HELLO`\r\n' : '+OK\r\n')

/** One server for the tests of a file, a channel for each; closes after each test what it opened. */
export class RedisLogFixture {
  server!: RedisServer
  /** A plain client, to look at the server and to set its mood. */
  admin!: Redis
  channel = ''
  #count = 0
  readonly #opened: LogConnection[] = []
  readonly #fakes: FakeRedis[] = []

  /** To be called where tests are described: it registers hooks. */
  static use(): RedisLogFixture {
    const fixture = new RedisLogFixture()
    beforeAll(() => fixture.#start())
    beforeEach(() => fixture.#begin())
    afterEach(() => fixture.#end())
    afterAll(() => fixture.#stop())
    return fixture
  }

  openCommands(target: RedisTarget = this.server.url, commandTimeoutMs = 5_000) {
    const listener = new RecordingListener()
    const commands = new RedisLog(target, { channel: this.channel, commandTimeoutMs }).openCommands(listener)
    this.#opened.push(commands)
    return { commands, listener }
  }

  openFeed(target: RedisTarget = this.server.url, commandTimeoutMs = 5_000) {
    const listener = new RecordingListener()
    const feed = new RedisLog(target, { channel: this.channel, commandTimeoutMs }).openFeed(listener)
    this.#opened.push(feed)
    return { feed, listener }
  }

  async startFake(answer: Answer = basics): Promise<FakeRedis> {
    const fake = await FakeRedis.start(answer)
    this.#fakes.push(fake)
    return fake
  }

  async #start(): Promise<void> {
    this.server = await startRedisServer()
    this.admin = new Redis(this.server.url)
    // Tests take the server away.
    this.admin.on('error', () => {})
  }

  #begin(): void {
    this.channel = `redis-log:${process.pid}:${this.#count++}`
  }

  async #end(): Promise<void> {
    this.server.resume()
    await Promise.all(this.#opened.splice(0).map((connection) => connection.close()))
    await Promise.all(this.#fakes.splice(0).map((fake) => fake.stop()))
  }

  async #stop(): Promise<void> {
    this.admin.disconnect()
    await this.server.stop()
  }
}

/** What a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await within(
    promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
    10_000,
    'a rejection',
  )
  if (outcome instanceof Error) return outcome
  throw new Error('Expected a rejection')
}
