import { describe, expect, test } from 'vitest'
import { examine } from '../../../../src/cli/doctor/checks.js'
import { type Answers, thresholds } from '../../../../src/cli/doctor/facts.js'
import { briefly, factsWith, infoWith, now, problemsOf, settingsWith, terms } from './fixtures.js'

const replica = (state: string, lag: string): Record<string, string> => ({
  slave0: `ip=10.0.0.2,port=6379,state=${state},offset=14,lag=${lag}`,
})
const skewed = (ms: number, roundTripMs = 1): Pick<Answers, 'clock'> => ({
  clock: { serverMs: now, localMs: now + ms, roundTripMs },
})
const buffer = (limits: string): Pick<Answers, 'settings'> =>
  settingsWith({ 'client-output-buffer-limit': `normal 0 0 0 slave 0 0 0 pubsub ${limits}` })
const memory = (used: number, more: Record<string, string> = {}): Pick<Answers, 'info'> =>
  infoWith({ maxmemory: '1000', used_memory: String(used), ...more })

describe('is found', () => {
  test.each<[what: string, brief: string, changes: Partial<Answers>]>([
    ['a server that lacks what a log needs', 'server: error', { lacking: 'It lacks streams' }],
    ['a version that is too old', 'server: warning', infoWith({ redis_version: '6.0.16' })],
    ['a replica', 'role: error', infoWith({ role: 'slave', master_host: 'a', master_port: '1' })],
    ['a sentinel', 'server: error', infoWith({ redis_mode: 'sentinel', master0: 'name=main,status=ok' })],
    ['a sentinel of Valkey', 'server: error', infoWith({ server_mode: 'sentinel', master0: 'name=main,status=ok' })],
    ['a replica by its later name', 'role: error', infoWith({ role: 'replica', master_host: 'a', master_port: '1' })],
    ['a node of a cluster', 'cluster: error', infoWith({ cluster_enabled: '1' })],
    ['a replica that is not in sync', 'replication: warning', infoWith(replica('wait_bgsave', '0'))],
    ['a replica that lags', 'replication: warning', infoWith(replica('online', '11'))],
    [
      'that writes are refused for want of replicas',
      'replication: error',
      { ...infoWith({ min_slaves_good_slaves: '0' }), ...settingsWith({ 'min-replicas-to-write': '1' }) },
    ],
    ['a clock that is ahead', 'clock: warning', skewed(502)],
    ['a clock that is behind', 'clock: warning', skewed(-502)],
    ['a certificate that ends soon', 'certificate: warning', { certificateLeftMs: thresholds.certificateLeft }],
    ['a timeout that cuts idle connections', 'idle-clients: warning', settingsWith({ timeout: '59' })],
    ['that dead connections are not found', 'idle-clients: warning', settingsWith({ 'tcp-keepalive': '0' })],
    ['eviction of any key', 'eviction: error', { ...memory(10, { maxmemory_policy: 'allkeys-lru' }), logBytes: 249 }],
    ['memory that is nearly full', 'memory: warning', memory(900)],
    ['memory that is full', 'memory: error', memory(1_000)],
    ['a log that takes a quarter of the memory', 'log-share: warning', { ...memory(10), logBytes: 250 }],
    [
      'the same where keys that expire are evicted',
      'log-share: warning',
      { ...memory(10, { maxmemory_policy: 'volatile-lru' }), logBytes: 250 },
    ],
    ['that nothing is saved', 'persistence: warning', settingsWith({ appendonly: 'no', save: '' })],
    ['that only snapshots are saved', 'persistence: warning', settingsWith({ appendonly: 'no' })],
    ['an AOF that is never synced', 'persistence: warning', settingsWith({ appendfsync: 'no' })],
    ['a write of the AOF that failed', 'saving: error', infoWith({ aof_last_write_status: 'err' })],
    ['a snapshot that failed', 'saving: error', infoWith({ rdb_last_bgsave_status: 'err' })],
    ['a rewrite of the AOF that failed', 'saving: warning', infoWith({ aof_last_bgrewrite_status: 'err' })],
    ['an output buffer without limit', 'output-buffer: warning', buffer('0 0 0')],
    ['an output buffer that is tiny', 'output-buffer: warning', buffer('8388607 0 0')],
    [
      'an output buffer that is smaller than a page of the log',
      'output-buffer: warning',
      settingsWith({ 'client-output-buffer-limit': 'normal 2097152 0 0 slave 0 0 0 pubsub 33554432 8388608 60' }),
    ],
    ['an output buffer that is tiny over time', 'output-buffer: warning', buffer('33554432 2097151 60')],
  ])('%s', (_, brief, changes) => {
    expect(briefly(problemsOf(changes))).toEqual([brief])
  })
})

describe('is fine', () => {
  test.each<[what: string, changes: Partial<Answers>]>([
    ['the oldest version that serves', infoWith({ redis_version: '6.2.0' })],
    ['a replica that keeps up', infoWith(replica('online', '10'))],
    [
      'as many replicas as are asked for',
      { ...infoWith({ min_slaves_good_slaves: '1' }), ...settingsWith({ 'min-replicas-to-write': '1' }) },
    ],
    ['a certificate that is valid for long', { certificateLeftMs: thresholds.certificateLeft + 1 }],
    ['a skew that may be no more than the way there', skewed(700, 400)],
    ['a timeout that no heartbeat reaches', settingsWith({ timeout: '60' })],
    ['eviction of keys that expire, when memory is short', memory(990, { maxmemory_policy: 'volatile-lru' })],
    ['a large log without a limit', { logBytes: 10 ** 11 }],
    ['a policy of eviction without a limit', infoWith({ maxmemory_policy: 'allkeys-lru' })],
    ['memory that is full of buffers alone', { ...memory(1_000, { mem_not_counted_for_evict: '101' }), logBytes: 249 }],
    ['an output buffer as large as it must be', buffer('8388608 2097152 60')],
    ['settings that this server does not have', { settings: new Map([['appendonly', 'yes']]) }],
  ])('%s', (_, changes) => {
    expect(problemsOf(changes)).toEqual([])
  })
})

test('says where the primary is', () => {
  const [finding] = problemsOf(infoWith({ role: 'slave', master_host: '10.0.0.1', master_port: '6379' }))
  expect(finding?.whatToDo).toContain('10.0.0.1:6379')
})

test.each(['redis_mode', 'server_mode'])('says how a sentinel is named that gives its mode as %s', (mode) => {
  const masters = { master0: 'name=main,status=ok', master1: 'name=other,status=ok' }
  // A sentinel also lacks what a log needs: that is not the advice to give.
  const changes = { ...infoWith({ [mode]: 'sentinel', ...masters }), lacking: 'It lacks streams' }
  const [finding] = problemsOf(changes, { server: 'host:26379' })
  expect(finding?.whatToDo).toContain('redis+sentinel://host:26379/NAME')
  expect(finding?.whatToDo).toContain('main, other')
})

test('names a server that is too old, and the Redis that it can replace', () => {
  const found = (changes: Readonly<Record<string, string>>): string | undefined =>
    problemsOf(infoWith(changes))[0]?.what
  expect(found({ redis_version: '6.0.16' })).toBe('The server is Redis 6.0.16')
  const dragonfly = { redis_version: '6.0.0', dragonfly_version: 'df-v1.0.0' }
  expect(found(dragonfly)).toBe('The server is Dragonfly df-v1.0.0, compatible with Redis 6.0.0')
})

describe('in a cluster', () => {
  const node = infoWith({ cluster_enabled: '1', ...replica('online', '0') })
  const state = (cluster_state: string): Pick<Answers, 'clusterInfo'> => ({
    clusterInfo: new Map(Object.entries({ cluster_state, cluster_slots_ok: '10923' })),
  })

  test('that serves, all is well', () => {
    expect(problemsOf({ ...node, ...state('ok') }, { target: 'cluster' })).toEqual([])
  })

  test('that is down, it says how much of it', () => {
    const [finding, ...others] = problemsOf({ ...node, ...state('fail') }, { target: 'cluster' })
    expect(finding).toMatchObject({ check: 'cluster', severity: 'error' })
    expect(finding?.what).toContain('10,923 of its 16,384 slots')
    expect(others).toEqual([])
  })

  test.each(['cluster', 'sentinel'] as const)('or behind sentinels, a primary (%s) without a replica', (target) => {
    expect(briefly(problemsOf(infoWith({}), { target }))).toEqual(['replication: warning'])
  })

  test('a node is named as the cluster that it is of', () => {
    const [finding] = problemsOf({ ...node, ...state('ok') }, { server: 'host:7000' })
    expect(finding?.whatToDo).toContain('redis+cluster://host:7000')
  })
})

test('tells of replicas that keep up what a split would cost', () => {
  const find = (needed: string): string | undefined => {
    const facts = { ...infoWith(replica('online', '0')), ...settingsWith({ 'min-replicas-to-write': needed }) }
    return examine(factsWith(facts), terms).find(({ check }) => check === 'replication')?.what
  }
  expect(find('1')).toBe('1 replica keeps up')
  expect(find('0')).toContain('a primary that is cut off goes on taking appends')
})
