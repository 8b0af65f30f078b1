import type { Named } from '../../log/administration-replies.js'
import { formatDuration } from '../format.js'
import { defineCheck, error, warning, type Check, type Problem } from './check.js'
import { thresholds } from './thresholds.js'

const server = defineCheck({
  name: 'server',
  fine: 'the server has all that a log needs',
  needs: ['info', 'lacking'],
  find({ info, lacking }) {
    const upgrade = 'Use Redis 6.2 or later, Valkey, or a server that can do the same'
    if (lacking !== undefined) return [error(lacking, upgrade)]
    const version = info.get('redis_version') ?? ''
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return version !== '' && major * 100 + minor < 602 ? [warning(`The server is of version ${version}`, upgrade)] : []
  },
})

const role = defineCheck({
  name: 'role',
  fine: 'the server is a primary',
  needs: ['info'],
  find({ info }) {
    if (info.get('role') !== 'slave') return []
    const primary = `${info.get('master_host') ?? '?'}:${info.get('master_port') ?? '?'}`
    return [error('The server is a replica: appends fail', `Connect to the primary, ${primary}`)]
  },
})

const cluster = defineCheck({
  name: 'cluster',
  fine: 'the server stands alone',
  needs: ['info'],
  find({ info }) {
    if (info.get('cluster_enabled') !== '1') return []
    return [
      error('The server belongs to a Redis Cluster, which this version does not support', 'Use a server of its own'),
    ]
  },
})

const replication = defineCheck({
  name: 'replication',
  fine: 'no replica lags, and none is waited for in vain',
  needs: ['info', 'settings'],
  find({ info, settings }) {
    const needed = Number(settings.get('min-replicas-to-write') ?? 0)
    // Redis tells how many are good only where it asks for some.
    const good = Number(info.get('min_slaves_good_slaves') ?? needed)
    const refused =
      good < needed
        ? [
            error(
              `Writes are refused: \`min-replicas-to-write\` is ${needed}, and ${good} replicas keep up`,
              'Bring the replicas back, or lower `min-replicas-to-write`',
            ),
          ]
        : []
    return [...refused, ...replicasOf(info).flatMap(judgeReplica)]
  },
})

interface Replica {
  readonly name: string
  readonly state: string
  readonly lagMs: number
}

/** INFO has a line for each: `slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=1`. */
function replicasOf(info: Named): readonly Replica[] {
  const lines = [...info].filter(([name]) => /^slave\d+$/.test(name))
  return lines.map(([, line]) => {
    const fields = new Map(line.split(',').map((pair) => pair.split('=', 2) as [string, string]))
    const field = (name: string): string => fields.get(name) ?? ''
    return { name: `${field('ip')}:${field('port')}`, state: field('state'), lagMs: Number(field('lag')) * 1_000 }
  })
}

function judgeReplica({ name, state, lagMs }: Replica): readonly Problem[] {
  const advice = 'A failover to it now loses what it lacks: look at its load, its network and its own log'
  if (state !== 'online') return [warning(`The replica ${name} is not in sync (${state})`, advice)]
  if (lagMs <= thresholds.replicaLag) return []
  return [warning(`The replica ${name} was last heard of ${formatDuration(lagMs)} ago`, advice)]
}

const clock = defineCheck({
  name: 'clock',
  fine: 'this machine and the server agree about the time',
  needs: ['clock'],
  find({ clock: { serverMs, localMs, roundTripMs } }) {
    const skew = localMs - serverMs
    if (Math.abs(skew) - roundTripMs / 2 <= thresholds.clockSkew) return []
    return [
      warning(
        `The clock of this machine is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} the server's: lag and propagation come out wrong`,
        'Let NTP set the clocks of both',
      ),
    ]
  },
})

const idleClients = defineCheck({
  name: 'idle-clients',
  fine: 'connections that are idle are left alone, those that are dead are found',
  needs: ['settings'],
  find({ settings }) {
    const timeoutMs = Number(settings.get('timeout') ?? 0) * 1_000
    const cut =
      timeoutMs > 0 && timeoutMs < thresholds.idleTimeout
        ? [
            warning(
              `\`timeout\` is ${timeoutMs / 1_000}: the server cuts connections that are idle between heartbeats`,
              'CONFIG SET timeout 0, or let it be longer than every `heartbeatMs`',
            ),
          ]
        : []
    const dead =
      settings.get('tcp-keepalive') === '0'
        ? [
            warning(
              '`tcp-keepalive` is 0: the server buffers for subscribers whose machines are gone',
              'CONFIG SET tcp-keepalive 300',
            ),
          ]
        : []
    return [...cut, ...dead]
  },
})

/** About the server itself. */
export const serverChecks: readonly Check[] = [server, role, cluster, replication, clock, idleClients]
