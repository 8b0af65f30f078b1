import { execFile } from 'node:child_process'
import type { ConnectionOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  InvalidationPublisher,
  InvalidationSubscriber,
  type Logger,
  type RedisSource,
  type SubscriberOptions,
} from '../../src/index.js'
import { ConfigurationError } from '../../src/support/errors.js'
import { Handled, ids } from '../support/handled.js'
import { within } from '../support/latch.js'
import { failureOf } from '../support/redis-log-fixture.js'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { type Certificate, CertificateAuthority, hasTls, tlsArgs } from '../support/tls.js'

const host = '127.0.0.1'
const brisk = { heartbeatMs: 100, commandTimeoutMs: 2_000 }

/** A server that listens in the clear on `server.port`, and with TLS on `port`. */
interface TlsServer {
  readonly server: RedisServer
  readonly port: number
}

describe.runIf(await hasTls())('over TLS', () => {
  let authority: CertificateAuthority
  let stranger: CertificateAuthority
  let client: Certificate
  let open: TlsServer
  let mutual: TlsServer
  let misnamed: TlsServer
  const cleanups: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    ;[authority, stranger] = await Promise.all([
      CertificateAuthority.create('ours'),
      CertificateAuthority.create('other'),
    ])
    const [good, other, own] = await Promise.all([
      authority.issue('server', `IP:${host}`, 'DNS:localhost'),
      authority.issue('misnamed', 'DNS:elsewhere.example'),
      authority.issue('client'),
    ])
    client = own
    ;[open, mutual, misnamed] = await Promise.all([start(good), start(good, 'yes'), start(other)])
  })

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })

  afterAll(async () => {
    await Promise.all([open, mutual, misnamed].map(({ server }) => server.stop()))
    await Promise.all([authority.remove(), stranger.remove()])
  })

  async function start(certificate: Certificate, authClients: 'yes' | 'no' = 'no'): Promise<TlsServer> {
    const port = await freePort()
    return { server: await startRedisServer({ args: tlsArgs(port, authority, certificate, authClients) }), port }
  }

  async function connect(redis: RedisSource): Promise<[InvalidationPublisher, InvalidationSubscriber]> {
    const publisher = await InvalidationPublisher.connect(redis, 'test', brisk)
    cleanups.push(() => publisher.close())
    const subscriber = await InvalidationSubscriber.connect(redis, brisk)
    cleanups.push(() => subscriber.close())
    return [publisher, subscriber]
  }

  async function expectService(redis: RedisSource): Promise<void> {
    const [publisher, subscriber] = await connect(redis)
    const handled = new Handled()
    await subscriber.subscribe(handled.handler).caughtUp()
    await Promise.all(ids(1, 3).map((id) => publisher.invalidate('user', id)))
    await handled.count(3)
    expect(handled.names).toEqual(ids(1, 3))
  }

  /** What each role tells first, be it that connect() rejects or, where waiting may help, that it emits an error. */
  async function failures(redis: RedisSource): Promise<readonly string[]> {
    return Promise.all([
      firstFailure((options) => InvalidationPublisher.connect(redis, 'test', options)),
      firstFailure((options) => InvalidationSubscriber.connect(redis, options)),
    ])
  }

  async function firstFailure(
    connect: (options: SubscriberOptions) => Promise<{ close(): Promise<void> }>,
  ): Promise<string> {
    const told = Promise.withResolvers<string>()
    const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: told.resolve }
    const connecting = connect({ ...brisk, commandTimeoutMs: 2_000, logger })
    connecting
      .then((connected) => cleanups.push(() => connected.close()))
      .catch((error: unknown) => told.resolve(String(error)))
    return within(told.promise, 10_000, 'an error')
  }

  test.each<[string, () => RedisSource]>([
    ['options', () => ({ host, port: open.port, tls: { ca: authority.cert } })],
    ['a lent client of ioredis 6, made of a rediss:// URL', () => lend(Redis, open.port, { ca: authority.cert })],
    ['a lent client of ioredis 5', () => lend(Redis5, open.port, { ca: authority.cert })],
    [
      'options with a certificate of the client',
      () => ({ host, port: mutual.port, tls: { ca: authority.cert, cert: client.cert, key: client.key } }),
    ],
    [
      'a lent client with a certificate',
      () => lend(Redis, mutual.port, { ca: authority.cert, cert: client.cert, key: client.key }),
    ],
  ])('publishes and subscribes with %s', async (_, redis) => {
    await expectService(redis())
  })

  test('publishes and subscribes with a user name, in options and in a URL', async () => {
    const admin = new Redis(open.server.url)
    await admin.call('ACL', 'SETUSER', 'someone', 'reset', 'on', '>s3cret', '~*', '&*', '+@all')
    admin.disconnect()
    const tls = { ca: authority.cert }
    await expectService({ host, port: open.port, tls, username: 'someone', password: 's3cret' })
    const url = (password: string): string => `rediss://someone:${password}@localhost:${open.port}`
    await expectService(new Redis(url('s3cret'), { tls, lazyConnect: true }))
    const [refused] = await failures(new Redis(url('wr0ng'), { tls, lazyConnect: true }))
    expect(refused).toContain('WRONGPASS')
    expect(refused).not.toContain('wr0ng')
  })

  test('a plain rediss:// URL trusts the CA that NODE_EXTRA_CA_CERTS names', async () => {
    const url = `rediss://localhost:${open.port}`
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
    const args = ['--import', 'tsx', main, 'publish', 'user', '1', '--redis', url]
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.path }
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    expect(stdout).toContain('published delete user:1')
  })

  test('replays what was missed when a connection that was cut is back', async () => {
    const link = await TcpProxy.start(open.port)
    cleanups.push(() => link.stop())
    const far = { host, port: link.port, tls: { ca: authority.cert } }
    const [, subscriber] = await connect(far)
    const [publisher] = await connect({ ...far, port: open.port })
    const handled = new Handled()
    const subscription = subscriber.subscribe(handled.handler)
    await subscription.caughtUp()
    await publisher.invalidate('user', '1')
    await handled.count(1)
    const lost = new Promise((resolve) => subscriber.on('disconnected', resolve))
    link.cut()
    await within(lost, 10_000, 'the loss of the connection')
    await Promise.all(ids(2, 5).map((id) => publisher.invalidate('user', id)))
    const replayed = new Promise<{ entries: number }>((resolve) => subscription.on('replay', resolve))
    link.pointTo(open.port)
    await handled.count(5)
    expect(handled.names).toEqual(ids(1, 5))
    expect((await within(replayed, 10_000, 'the replay')).entries).toBeGreaterThan(0)
    expect(subscription.counts.resyncs).toBe(0)
  })

  describe('connect() rejects, since waiting does not mend it, with', () => {
    test.each<[string, () => RedisSource, string]>([
      ['a server whose CA is unknown', () => `rediss://localhost:${open.port}`, 'is not trusted'],
      [
        'a server of another CA',
        () => ({ host, port: open.port, tls: { ca: stranger.cert } }),
        'Give the certificate of the CA that issued it as `tls.ca`, or name its file in NODE_EXTRA_CA_CERTS',
      ],
      [
        'a certificate for another name',
        () => ({ host, port: misnamed.port, tls: { ca: authority.cert } }),
        'is for another name',
      ],
    ])('%s', async (_, redis, text) => {
      for (const failure of [
        await failureOf(InvalidationPublisher.connect(redis(), 'test', brisk)),
        await failureOf(InvalidationSubscriber.connect(redis(), brisk)),
      ]) {
        expect(failure).toMatchObject({ code: 'REDIS', kind: 'refused' })
        expect(failure.message).toContain(text)
      }
    })

    test('a key that belongs to another certificate', async () => {
      const { key } = await authority.issue('another')
      const tls = { ca: authority.cert, cert: client.cert, key }
      const connecting = InvalidationPublisher.connect({ host, port: mutual.port, tls }, 'test', brisk)
      expect(await failureOf(connecting)).toBeInstanceOf(ConfigurationError)
    })
  })

  test('the name that a certificate is for can be given apart from the host', async () => {
    await expectService({
      host,
      port: misnamed.port,
      tls: { ca: authority.cert, servername: 'elsewhere.example' },
    })
  })

  // The refusal comes when the client believes the handshake done: it may be lost in the reset that follows it.
  test.each<[string, () => Promise<Partial<Certificate>>]>([
    ['none', () => Promise.resolve({})],
    ['one of another CA', () => stranger.issue('intruder')],
  ])('a server that asks for a certificate and gets %s says so', async (_, issue) => {
    const { cert, key } = await issue()
    const tls = { ca: authority.cert, ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) }
    for (const failure of await failures({ host, port: mutual.port, tls })) {
      expect(failure).toMatch(/does not accept our certificate, or asks for one|or for a certificate of the client/)
    }
  })

  test('a client without TLS is told what the port may ask for, and one with TLS what it may not speak', async () => {
    for (const failure of await failures(`redis://${host}:${open.port}`)) {
      expect(failure).toContain('does the server ask for TLS (rediss://)')
    }
    const tls = { ca: authority.cert }
    for (const failure of await failures({ host, port: open.server.port, tls })) {
      expect(failure).toMatch(/with TLS \(rediss:\/\/\) if, and only if, it asks for that|Does it speak TLS/)
    }
  })
})

/** A client that a user has made and does not use. */
function lend(lent: typeof Redis | typeof Redis5, port: number, tls: ConnectionOptions): RedisSource {
  const url = `rediss://localhost:${port}`
  return lent === Redis5 ? new Redis5(url, { tls, lazyConnect: true }) : new Redis(url, { tls, lazyConnect: true })
}

function ignore(): void {
  // What is asserted is what goes wrong.
}
