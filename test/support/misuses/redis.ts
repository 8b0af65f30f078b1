import { inspect } from 'node:util'
import { Redis, type RedisOptions } from 'ioredis'
import { expect } from 'vitest'
import { readFleet } from '../../../src/cli/fleet.js'
import type { RedisSource } from '../../../src/log/open-log.js'
import { RedisLog } from '../../../src/log/redis/redis-log.js'
import { InvalidationPublisher } from '../../../src/publisher/publisher.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import { toError } from '../../../src/support/thrown.js'
import { until } from '../latch.js'
import type { LiveFleet } from '../live-fleet.js'
import { RecordingListener } from '../recording-listener.js'
import { eachOf, type Misuse, rejectionOf } from './misuse.js'

/** With all that a URL has a meaning for, as it stands in URLs and as it is. */
const password = 'Pa55:w@rd/#?é%20'
const inUrl = encodeURIComponent(password)
const secrets = [password, inUrl, 'Pa55', 'w@rd', 'w%40rd']

/** Lines of a logger, process warnings and errors: all that is told of a connection. */
class Told {
  readonly #lines: string[] = []
  readonly logger = { debug: this.#line(), info: this.#line(), warn: this.#line(), error: this.#line() }

  readonly onError = (error: unknown): void => {
    // With the stack, all causes, and all that hangs on them.
    this.#lines.push(inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error), String(error))
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  expectNoSecret(): void {
    expect(this.text).not.toBe('')
    for (const secret of secrets) expect(this.text).not.toContain(secret)
  }

  #line(): (line: string) => void {
    return (line) => void this.#lines.push(line)
  }
}

/** Connects both with these ways to say where Redis is; resolves to the last error that came, however it came. */
async function connectWith(
  sources: readonly RedisSource[],
  isTold: (errors: readonly Error[]) => boolean,
): Promise<unknown> {
  const told = new Told()
  const errors: Error[] = []
  const onError = (error: Error): void => {
    errors.push(error)
    told.onError(error)
  }
  for (const source of sources) {
    const before = errors.length
    const options = { logger: told.logger, heartbeatMs: 50, commandTimeoutMs: 1_000 }
    const closing = await Promise.all([
      open(InvalidationSubscriber.connect(source, options), onError),
      open(InvalidationPublisher.connect(source, 'test', options), onError),
    ])
    await until(() => isTold(errors.slice(before)), 10_000, 'what is wrong told')
    for (const close of closing) await close()
  }
  told.expectNoSecret()
  return errors.at(-1)
}

/** Tells how connecting fails, or what is emitted later; the function returned closes what was opened. */
async function open(
  connecting: Promise<InvalidationSubscriber> | Promise<InvalidationPublisher>,
  onError: (error: Error) => void,
): Promise<() => Promise<void>> {
  try {
    const opened: { on(name: 'error', listener: (error: Error) => void): unknown; close(): Promise<void> } =
      await connecting
    opened.on('error', onError)
    return () => opened.close()
  } catch (error) {
    onError(toError(error))
    return () => Promise.resolve()
  }
}

/** The ways to name a server with a password. */
function waysTo(host: string, port: number, username: string): readonly RedisSource[] {
  const url = `redis://${username}:${inUrl}@${host}:${port}`
  const options: RedisOptions = { host, port, username, password }
  return [url, new URL(url), options, new Redis(url, { lazyConnect: true })]
}

const isTold = (errors: readonly Error[]): boolean => errors.length > 0

/** What is no URL of Redis, and holds a password all the same. */
const notUrls: readonly RedisSource[] = [
  `http://user:${inUrl}@localhost:6379`,
  `redis//user:${inUrl}@localhost`,
  `user:${inUrl}@localhost:6379`,
  `redis://user:${password}@localhost:6379`,
  `redis://localhost:6379x?password=${inUrl}`,
  `redis://user:${inUrl}@localhost:6379/not-a-number`,
  `redis+sentinel://user:${inUrl}@localhost:26379`,
  `redis+cluster://user:${inUrl}@localhost:7000/1`,
  `redis://user:12?${inUrl}@localhost`,
  `redis://user:12#${inUrl}@localhost`,
  { host: `redis://user:${inUrl}@localhost:6379` },
  { host: `user:${inUrl}@localhost` },
]

export const redisMisuses: readonly Misuse<LiveFleet>[] = [
  {
    what: 'What is no URL of Redis, or a `host` that is one, with a password in it',
    outcome: '`connect()` rejects, and does not show the password',
    code: 'CONFIGURATION',
    async commit() {
      const told = new Told()
      const error = await eachOf(notUrls, async (url) => {
        const errors = await Promise.all([
          rejectionOf(InvalidationSubscriber.connect(url)),
          rejectionOf(InvalidationPublisher.connect(url, 'test')),
        ])
        errors.forEach(told.onError)
        throw errors[0]
      })
      told.expectNoSecret()
      return error
    },
  },
  {
    what: 'A wrong password or user name',
    outcome: '`connect()` rejects (`kind` is `refused`), and no error or log line shows the password',
    code: 'REDIS',
    async commit({ server }) {
      const error = await connectWith(waysTo('127.0.0.1', server.port, 'nobody'), (errors) => errors.length === 2)
      expect(error).toMatchObject({ kind: 'refused' })
      return error
    },
  },
  {
    what: 'A server that is not there: no such host, or nothing listens',
    outcome: '`connect()` resolves, and `error` is emitted (`kind` is `disconnected`) without the password',
    code: 'REDIS',
    async commit() {
      await connectWith(waysTo('no-such-host.invalid', 6_379, 'user'), isTold)
      const error = await connectWith(waysTo('127.0.0.1', 1, 'user'), isTold)
      expect(error).toMatchObject({ kind: 'disconnected' })
      return error
    },
  },
  {
    what: 'A `channel` with spaces, a `{`, globs or characters beyond ASCII',
    outcome: 'works like any other',
    code: 'none',
    async commit(fleet) {
      for (const channel of ['with space', 'a{b', '{', '*?[a]', 'ü→😀', 'x'.repeat(512)]) {
        const { handled } = await fleet.follow({}, { channel })
        const publisher = await fleet.publisher({ channel })
        await publisher.invalidate('user', '1')
        await handled.has('1')
      }
    },
  },
  {
    what: 'A client that is closed already, or is closed while it is lent',
    outcome: 'works: it is only the configuration for connections of our own',
    code: 'none',
    async commit({ server }) {
      const channel = 'lent'
      const [closed, closing] = [new Redis(server.url), new Redis(server.url)]
      await Promise.all([closed.quit(), closing.ping()])
      const subscriber = await InvalidationSubscriber.connect(closed, { channel })
      const publisher = await InvalidationPublisher.connect(closing, 'test', { channel })
      const subscription = subscriber.subscribe(() => undefined)
      await subscription.caughtUp()
      closing.disconnect()
      await subscription.waitFor((await publisher.invalidate('user', '1')).position)
      await Promise.all([subscriber.close(), publisher.close()])
      expect([closed.status, closing.status]).toEqual(['end', 'end'])
    },
  },
  {
    what: 'A `name` that another living subscription has',
    outcome:
      'both handle everything, and share the cursor: whoever starts next goes on from the further of the two. `status` and `doctor` mark the name',
    code: 'none',
    async commit(fleet) {
      const durable = { name: 'cache', cursor: redisCursor(), commitIntervalMs: 0, startAt: 'head' }
      const [one, other] = [await fleet.follow(durable), await fleet.follow(durable)]
      const publisher = await fleet.publisher()
      const { position } = await publisher.invalidate('user', '1')
      await Promise.all([one.handled.has('1'), other.handled.has('1')])
      const listener = new RecordingListener()
      const commands = new RedisLog(fleet.server.url, { channel: fleet.channel }).openCommands(listener)
      await commands.opened()
      const isMarked = async (): Promise<boolean> => {
        const marked = readFleet(await commands.listAnnounced('subscriber')).filter(({ nameTaken }) => nameTaken)
        return marked.length === 2
      }
      await until(isMarked, 10_000, 'both marked')
      const isSaved = async (): Promise<boolean> => (await commands.loadCursor('cache'))?.startsWith(position) === true
      await until(isSaved, 10_000, 'the cursor saved')
      await Promise.all([commands.close(), one.subscriber.close(), other.subscriber.close()])
      expect([...one.errors, ...other.errors]).toEqual([])
    },
  },
]
