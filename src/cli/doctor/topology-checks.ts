import { type Named, readReplication } from '../../log/redis/replies.js'
import { formatCount, formatDuration } from '../format.js'
import { type Check, defineCheck, error, type Problem, warning } from './check.js'
import { thresholds } from './facts.js'

const role = defineCheck({
  name: 'role',
  fine: 'the server is a primary',
  needs: ['info'],
  find({ info }) {
    if (readReplication(info).role !== 'replica') return []
    const primary = `${info.get('master_host') ?? '?'}:${info.get('master_port') ?? '?'}`
    return [error('The server is a replica: appends fail', `Connect to the primary, ${primary}`)]
  },
})

const cluster = defineCheck({
  name: 'cluster',
  fine: (_, { target }) => (target === 'cluster' ? 'the cluster serves' : 'the server belongs to no cluster'),
  needs: ['info', 'clusterInfo'],
  find({ info, clusterInfo }, { target, server }) {
    const single =
      info.get('cluster_enabled') === '1' && target !== 'cluster'
        ? [
            error(
              'The server is a node of a Redis Cluster, and was not named as one: who connects so is lost when the log moves or fails over',
              `Name it as one, here and in every service: redis+cluster://${server}`,
            ),
          ]
        : []
    const isDown = (clusterInfo.get('cluster_state') ?? 'ok') !== 'ok'
    return isDown ? [...single, down(clusterInfo)] : single
  },
})

function down(clusterInfo: Named): Problem {
  const served = Number(clusterInfo.get('cluster_slots_ok') ?? 0).toLocaleString('en-US')
  return error(
    `The cluster is down: ${served} of its 16,384 slots have an owner that answers`,
    'Bring back what CLUSTER NODES shows as failed; with `cluster-require-full-coverage no` the other slots go on without',
  )
}

const replication = defineCheck({
  name: 'replication',
  fine: ({ info, settings }) => describeReplicas(replicasOf(info).length, neededOf(settings)),
  needs: ['info', 'settings'],
  find({ info, settings }, { target }) {
    const needed = neededOf(settings)
    const replicas = replicasOf(info)
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
    const alone =
      target !== 'single' && replicas.length === 0
        ? [
            warning(
              'The primary has no replica: when it fails, nothing takes its place',
              'Add one, or bring it back: see the replicas that SENTINEL REPLICAS or CLUSTER NODES names',
            ),
          ]
        : []
    return [...refused, ...alone, ...replicas.flatMap(judgeReplica)]
  },
})

function neededOf(settings: Named): number {
  return Number(settings.get('min-replicas-to-write') ?? 0)
}

function describeReplicas(count: number, needed: number): string {
  if (count === 0) return 'there is no replica, and none is asked for'
  const keepUp = `${formatCount(count, 'replica keeps', 'replicas keep')} up`
  return needed > 0
    ? keepUp
    : `${keepUp}; without \`min-replicas-to-write\`, a primary that is cut off goes on taking appends, which are lost`
}

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

/** About the place of the server among others. */
export const topologyChecks: readonly Check[] = [role, cluster, replication]
