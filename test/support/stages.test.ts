import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import { ClusterStage } from './cluster-stage.js'
import { SentinelStage } from './sentinel-stage.js'

describe('a stage with sentinels', () => {
  let stage: SentinelStage

  beforeAll(async () => {
    stage = await SentinelStage.start({ proxied: true })
  })

  afterAll(() => stage.stop())

  it('leads clients to the primary, through its proxy', async () => {
    const client = new Redis(stage.options())
    await client.set('key', 'value')
    const proxy = stage.proxyOf(await stage.primary())
    expect(proxy.links.commands).toBe(1)
    client.disconnect()
  })

  it('loses a tail in a failover, and what was before it stays; the old primary follows the new one', async () => {
    const old = await stage.primary()
    await stage.clients.of(old).set('before', '1')
    await stage.loseTail(() => stage.clients.of(old).set('tail', '1'))
    const primary = await stage.newPrimary(old)
    expect(await stage.clients.of(primary).mget('before', 'tail')).toEqual(['1', null])
    await old.restart()
    await stage.follows(old)
    expect(await stage.clients.of(old).get('before')).toBe('1')
  })
})

describe('a cluster', () => {
  const channel = 'stage'
  const key = logKeys(channel).stream
  let stage: ClusterStage

  beforeAll(async () => {
    stage = await ClusterStage.start({ proxied: true })
  })

  afterAll(() => stage.stop())

  it('leads clients to the owner of a slot, through its proxy', async () => {
    const cluster = stage.cluster()
    await cluster.set(key, 'value')
    const proxy = stage.proxyOf(await stage.ownerOf(channel))
    expect(proxy.links.commands).toBeGreaterThan(0)
    cluster.disconnect()
  })

  it('moves a slot step by step', async () => {
    const [from, to] = await Promise.all([stage.ownerOf(channel), stage.stranger(channel)])
    const migration = await stage.slotMigration(channel, to)
    await migration.begin()
    const other = logKeys(channel).last
    await expect(stage.clients.of(from).get(other)).rejects.toThrow(`ASK ${migration.slot} 127.0.0.1:${to.port}`)
    await expect(stage.clients.of(from).mget(key, other)).rejects.toThrow('TRYAGAIN')
    expect(await migration.remainingKeys()).toEqual([key])
    await migration.finish()
    await expect(stage.clients.of(from).get(key)).rejects.toThrow(`MOVED ${migration.slot} 127.0.0.1:${to.port}`)
    expect(await stage.ownerOf(channel)).toBe(to)
    expect(await stage.clients.of(to).get(key)).toBe('value')
  })

  it('loses a tail in a takeover while the old owner stays up, and then follows', async () => {
    const old = await stage.ownerOf(channel)
    await stage.loseTail(channel, () => stage.clients.of(old).set(key, 'lost'), 'takeover')
    const owner = await stage.newOwner(channel, old)
    expect(await stage.clients.of(owner).get(key)).toBe('value')
    await stage.follows(old)
  })

  it('fails over by itself when an owner is killed', async () => {
    const old = await stage.killOwner(channel)
    const owner = await stage.newOwner(channel, old)
    expect(await stage.clients.of(owner).get(key)).toBe('value')
    await old.restart()
    await stage.follows(old)
    expect(await stage.replicaOf(owner)).toBe(old)
  })
})
