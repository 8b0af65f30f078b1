import { type Named, readServer } from '../../log/redis/replies.js'
import { formatDuration } from '../format.js'
import { type Check, defineCheck, error, type Problem, warning } from './check.js'
import { thresholds } from './facts.js'

const server = defineCheck({
  name: 'server',
  fine: ({ info }) => `${readServer(info).name} has all that a log needs`,
  needs: ['info', 'lacking'],
  find({ info, lacking }, { server: address }) {
    const { isSentinel, name, redisVersion: version = '' } = readServer(info)
    if (isSentinel) return [sentinel(info, address)]
    const upgrade = 'Use Redis 6.2 or later, Valkey, or a server that can do the same'
    if (lacking !== undefined) return [error(lacking, upgrade)]
    const [major = 0, minor = 0] = version.split('.').map(Number)
    return version !== '' && major * 100 + minor < 602
      ? [
          warning(
            `The server is ${name}${name.startsWith('Redis') ? '' : `, compatible with Redis ${version}`}`,
            upgrade,
          ),
        ]
      : []
  },
})

/** INFO of a sentinel has a line for each primary: `master0:name=mymaster,status=ok,…`. */
function sentinel(info: Named, address: string): Problem {
  const lines = [...info].filter(([field]) => /^master\d+$/.test(field))
  const names = lines.map(([, line]) => /name=([^,]*)/.exec(line)?.[1])
  return error(
    'This is a sentinel, which keeps no log: it knows where the primary is',
    `Name it as one: redis+sentinel://${address}/NAME, where NAME is what it calls a primary: ${names.join(', ')}`,
  )
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

const certificate = defineCheck({
  name: 'certificate',
  fine: ({ certificateLeftMs: leftMs }) =>
    leftMs === undefined ? 'the connection is not over TLS' : `the certificate is valid for ${formatDuration(leftMs)}`,
  needs: ['certificateLeftMs'],
  find({ certificateLeftMs: leftMs }) {
    if (leftMs === undefined || leftMs > thresholds.certificateLeft) return []
    return [
      warning(
        `The certificate of the server ends in ${formatDuration(leftMs)}: from then on nobody can connect`,
        'Renew it, on all servers and sentinels',
      ),
    ]
  },
})

/** About the server itself. */
export const serverChecks: readonly Check[] = [server, clock, idleClients, certificate]
