import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis5'
import { afterEach, describe, expect, test } from 'vitest'
import type { RedisSource } from '../../src/log/open-log.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { Fleet } from '../support/live-fleet.js'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { CertificateAuthority, hasTls, tlsArgs } from '../support/tls.js'

const knowsTls = await hasTls()
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A cluster of one node that has all slots. */
async function startNode(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedisServer({ cluster: true, args })
  cleanups.push(() => server.stop())
  const redis = new Redis({ port: server.port })
  await redis.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
  await until(
    async () => (await redis.cluster('INFO')).includes('cluster_state:ok'),
    15_000,
    'the state of the cluster',
  )
  await redis.config('SET', 'requirepass', 's3cret')
  redis.disconnect()
  return server
}

async function expectService(source: RedisSource): Promise<void> {
  const fleet = new Fleet(source)
  cleanups.push(() => fleet.stop())
  const publisher = await fleet.publisher()
  const follower = await fleet.follow()
  await publisher.invalidate('user', '1')
  await follower.handled.count(1)
  expect(follower.handled.names).toEqual(ids(1, 1))
}

describe('the options of startup nodes of a Cluster', () => {
  test.each<[string, (port: number) => RedisSource]>([
    ['a URL', (port) => new Cluster([`redis://:s3cret@127.0.0.1:${port}`], { lazyConnect: true })],
    ['a URL, in ioredis 5', (port) => new Cluster5([`redis://:s3cret@127.0.0.1:${port}`], { lazyConnect: true })],
    ['options', (port) => new Cluster([node({ port, password: 's3cret' })], { lazyConnect: true })],
  ])('include a password: %s', async (_, source) => {
    const server = await startNode()
    await expectService(source(server.port))
  })

  test.runIf(knowsTls)('include TLS, and its name is looked up as `dnsLookup` says', async () => {
    const authority = await CertificateAuthority.create('nodes')
    cleanups.push(() => authority.remove())
    const port = await freePort()
    const certificate = await authority.issue('node', 'IP:127.0.0.1', 'DNS:node.example')
    await startNode(...tlsArgs(port, authority, certificate), '--tls-cluster', 'yes')
    const seed = { host: 'node.example', port, password: 's3cret', tls: { ca: authority.cert } }
    const looked: string[] = []
    const cluster = new Cluster([node(seed)], {
      lazyConnect: true,
      dnsLookup: (hostname, callback) => {
        looked.push(hostname)
        callback(null, '127.0.0.1', 4)
      },
    })
    await expectService(cluster)
    expect(new Set(looked)).toEqual(new Set(['node.example']))
  })
})

/** ioredis takes more than its type says. */
function node(options: { readonly port: number; readonly host?: string } & RedisOptions): ClusterNode {
  return options
}
