import { evictingPolicy, harmlessPolicy } from '../../log/redis/probe.js'
import { type Check, defineCheck, error, type Problem, warning } from './check.js'
import { thresholds } from './facts.js'

const eviction = defineCheck({
  name: 'eviction',
  fine: 'the server does not evict the log',
  needs: ['info'],
  find({ info }) {
    const policy = evictingPolicy(info)
    if (policy === undefined) return []
    return [
      error(
        `\`maxmemory-policy\` is ${policy}: the server may evict the log, and every subscription resyncs; a log that grows drives out keys of the application`,
        `CONFIG SET maxmemory-policy ${harmlessPolicy(policy)} (the log never expires), or give the log a server of its own`,
      ),
    ]
  },
})

const memory = defineCheck({
  name: 'memory',
  fine: 'the server has memory left',
  needs: ['info'],
  find({ info }) {
    const number = (name: string): number => Number(info.get(name) ?? 0)
    const limit = number('maxmemory')
    if (limit === 0 || info.get('maxmemory_policy') !== 'noeviction') return []
    // As Redis counts, before it refuses: without the buffers of replicas and of the AOF.
    const share = (number('used_memory') - number('mem_not_counted_for_evict')) / limit
    if (share < thresholds.memoryShare) return []
    const what = `${Math.round(share * 100)} % of \`maxmemory\` is used`
    const advice = 'Raise `maxmemory`, remove keys that are not needed, or lower `retention.maxBytes`'
    return [
      share >= 1
        ? error(`${what}: appends drop the oldest entries of the log, and are refused once that is not enough`, advice)
        : warning(`${what}: at 100 % the log drops its oldest entries, or appends are refused`, advice),
    ]
  },
})

const logShare = defineCheck({
  name: 'log-share',
  fine: 'the log takes a small share of `maxmemory`',
  needs: ['info', 'logBytes'],
  find({ info, logBytes }) {
    const limit = Number(info.get('maxmemory') ?? 0)
    if (limit === 0 || logBytes < thresholds.logShare * limit) return []
    const policy = info.get('maxmemory_policy') ?? 'noeviction'
    const harm =
      policy === 'noeviction'
        ? 'if memory is used up, the log drops its oldest entries to make room, and subscribers that are behind resync'
        : `by ${policy}, it drives out keys of the application`
    return [
      warning(
        `The log takes ${Math.round((logBytes / limit) * 100)} % of \`maxmemory\` (${Math.round(logBytes / 1024 ** 2)} MiB): ${harm}`,
        'Lower `retention.maxBytes` on every publisher and subscriber, publish smaller batches, raise `maxmemory`, or give the log a server of its own',
      ),
    ]
  },
})

const persistence = defineCheck({
  name: 'persistence',
  fine: 'the log outlives a restart of the server',
  needs: ['settings'],
  find({ settings }) {
    const advice = 'CONFIG SET appendonly yes, with `appendfsync everysec`; and the same in its file of settings'
    if (settings.get('appendonly') === 'yes') {
      if (settings.get('appendfsync') !== 'no') return []
      return [warning('`appendfsync` is no: a crash of the machine loses what the log had last', advice)]
    }
    const what =
      settings.get('save') === ''
        ? 'Nothing is saved: a restart loses the log'
        : 'Only snapshots are saved: a restart loses what the log has had since the last'
    return [warning(`${what}, and every subscription resyncs`, advice)]
  },
})

const saving = defineCheck({
  name: 'saving',
  fine: 'the server last saved without failure',
  needs: ['info'],
  find({ info }) {
    const advice = "Look at the server's own log, and at the space on its disk"
    const failed = (field: string): boolean => info.get(field) === 'err'
    return [
      ...(failed('aof_last_write_status')
        ? [error('The last write of the AOF failed: appends are refused', advice)]
        : []),
      ...(failed('rdb_last_bgsave_status')
        ? [error('The last snapshot failed: with `stop-writes-on-bgsave-error`, appends are refused', advice)]
        : []),
      ...(failed('aof_last_bgrewrite_status') ? [warning('The last rewrite of the AOF failed: it grows', advice)] : []),
    ]
  },
})

const outputBuffer = defineCheck({
  name: 'output-buffer',
  fine: 'a subscriber may be slow for a moment, and not for ever',
  needs: ['settings'],
  find({ settings }) {
    const limits = settings.get('client-output-buffer-limit') ?? ''
    return [...normalBufferFindings(limits), ...pubsubBufferFindings(limits)]
  },
})

/** Triples of class, limit, limit over some time, and that time: `normal 0 0 0 … pubsub 33554432 8388608 60`. */
function limitsOf(name: string, limits: string): readonly number[] | undefined {
  return new RegExp(`${name} (\\d+) (\\d+) (\\d+)`).exec(limits)?.slice(1).map(Number)
}

function isSmall(limit: number, least: number): boolean {
  return limit > 0 && limit < least
}

function normalBufferFindings(limits: string): readonly Problem[] {
  const normal = limitsOf('normal', limits)
  const [hard = 0, soft = 0] = normal ?? []
  const { outputBufferPage } = thresholds
  if (!isSmall(hard, outputBufferPage) && !isSmall(soft, outputBufferPage)) return []
  return [
    warning(
      `\`client-output-buffer-limit normal\` is ${normal?.join(' ')}: replays are cut off until their pages are small enough`,
      'CONFIG SET client-output-buffer-limit "normal 0 0 0"',
    ),
  ]
}

function pubsubBufferFindings(text: string): readonly Problem[] {
  const limits = limitsOf('pubsub', text)
  if (limits === undefined) return []
  const [hard = 0, soft = 0] = limits
  const what = `\`client-output-buffer-limit pubsub\` is ${limits.join(' ')}`
  const advice = 'CONFIG SET client-output-buffer-limit "pubsub 32mb 8mb 60"'
  if (hard === 0 && soft === 0) {
    return [warning(`${what}, unlimited: one subscriber that does not read fills the memory of the server`, advice)]
  }
  if (!isSmall(hard, thresholds.outputBufferHard) && !isSmall(soft, thresholds.outputBufferSoft)) return []
  return [warning(`${what}: a burst cuts off subscribers, and they replay`, advice)]
}

/** About memory and disk of the server. */
export const memoryChecks: readonly Check[] = [eviction, memory, logShare, persistence, saving, outputBuffer]
