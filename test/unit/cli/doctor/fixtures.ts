import type { Finding } from '../../../../src/cli/doctor/check.js'
import { examine } from '../../../../src/cli/doctor/checks.js'
import { type Answers, type Facts, type Terms, thresholds } from '../../../../src/cli/doctor/facts.js'
import type { FleetMember } from '../../../../src/cli/fleet.js'
import type { LogSnapshot, RawEntry } from '../../../../src/log/admin/administration-replies.js'
import { logKeys } from '../../../../src/log/model/keys.js'
import type { PublisherRecord } from '../../../../src/log/model/publisher-record.js'
import type { Named } from '../../../../src/log/redis/replies.js'
import { entriesOnly } from '../../../support/retention.js'

export const now = 1_795_000_000_000

export const terms: Terms = {
  keys: logKeys('orders'),
  target: 'single',
  server: 'redis.internal:6379',
  coverMs: thresholds.cover,
  lagMs: thresholds.lag,
  user: undefined,
  role: undefined,
}

const message =
  '{"message_id":"m","entity_type":"User","entity_id":"1","action":"Delete","timestamp":"2026-11-22T10:00:00.000Z","source_service":"s"}'

/** An entry as our publishers write it. */
export function entry(id: string, appendId: string, prev: string, frame = message): RawEntry {
  return { id, fields: ['a', appendId, 'p', prev, 'm', frame] }
}

/** A log of these entries, whose head names the last one. */
export function logOf(...newest: readonly RawEntry[]): LogSnapshot {
  const asEntry = ({ id, fields }: RawEntry) => ({
    position: { streamId: id, appendId: fields[1] ?? '' },
    prev: fields[3] ?? '',
    frame: fields[5] ?? '',
  })
  const [first] = newest
  const last = newest.at(-1)
  return {
    last: last?.fields[1],
    newest,
    stream: {
      length: newest.length,
      added: newest.length,
      lastId: last?.id ?? '0-0',
      first: first && asEntry(first),
      last: last && asEntry(last),
    },
  }
}

export const one = entry(`${now - 9_000}-0`, 'one', '')
export const two = entry(`${now - 8_000}-0`, 'two', 'one')
export const three = entry(`${now - 7_000}-0`, 'three', 'two')
export const healthyLog = logOf(one, two, three)

/** A subscription that is live and has handled all of the healthy log. */
export function member(changes: Partial<FleetMember> = {}): FleetMember {
  return {
    id: 'id',
    name: 'cache',
    service: 'orders',
    host: 'pod',
    pid: 7,
    version: '0.1.0',
    state: 'live',
    position: `${now - 7_000}-0@three`,
    behind: 0,
    lagMs: 0,
    retrying: 0,
    resyncs: 0,
    replayed: 0,
    deadLetters: 0,
    retention: entriesOnly(100_000),
    startedAt: now - 60_000,
    heartbeatMs: 1_000,
    ageMs: 900,
    silent: false,
    nameTaken: false,
    ...changes,
  }
}

/** The record of a publisher that packs. */
export function publisher(changes: Partial<PublisherRecord> = {}): PublisherRecord {
  return {
    service: 'orders',
    host: 'pod',
    pid: 8,
    version: '0.1.0',
    retention: entriesOnly(100_000),
    packing: true,
    sharded: false,
    queued: 0,
    startedAt: now - 60_000,
    heartbeatMs: 1_000,
    repairs: true,
    ...changes,
  }
}

const info: Readonly<Record<string, string>> = {
  redis_version: '7.0.15',
  role: 'master',
  cluster_enabled: '0',
  connected_slaves: '0',
  maxmemory: '0',
  maxmemory_policy: 'noeviction',
  used_memory: '1000000',
  mem_not_counted_for_evict: '0',
  aof_last_write_status: 'ok',
  rdb_last_bgsave_status: 'ok',
  aof_last_bgrewrite_status: 'ok',
}

const settings: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '3600 1',
  timeout: '0',
  'tcp-keepalive': '300',
  'client-output-buffer-limit': 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
  'min-replicas-to-write': '0',
}

/** INFO of a healthy server, with changes. */
export function infoWith(changes: Readonly<Record<string, string>>): Pick<Answers, 'info'> {
  return { info: new Map(Object.entries({ ...info, ...changes })) }
}

/** Settings of a healthy server, with changes. */
export function settingsWith(changes: Readonly<Record<string, string>>): Pick<Answers, 'settings'> {
  return { settings: new Map(Object.entries({ ...settings, ...changes })) }
}

const none: Named = new Map()

/** Facts where all is well, except for these. */
export function factsWith(changes: Partial<Answers> = {}): Facts {
  const answers: Answers = {
    ...infoWith({}),
    ...settingsWith({}),
    lacking: undefined,
    clusterInfo: none,
    keyStates: [],
    snapshot: healthyLog,
    logBytes: 100,
    clock: { serverMs: now, localMs: now + 3, roundTripMs: 1 },
    otherDatabases: [],
    deadLetters: 0,
    listeners: 1,
    subscriptions: [member()],
    publishers: [publisher({ packing: false })],
    cursors: none,
    missingRights: [],
    certificateLeftMs: undefined,
    ...changes,
  }
  const names = Object.keys(answers) as (keyof Answers)[]
  return Object.fromEntries(names.map((name) => [name, { value: answers[name] }])) as Facts
}

/** What is found that is not fine. */
export function problemsOf(changes: Partial<Answers>, asked: Partial<Terms> = {}): readonly Finding[] {
  return examine(factsWith(changes), { ...terms, ...asked }).filter(({ severity }) => severity !== 'ok')
}

/** Each as `check: severity`. */
export function briefly(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ check, severity }) => `${check}: ${severity}`)
}
