import { accessReader } from '../access.js'
import { clientOverrides, type ClientPurpose, type ClientSource, shareOf } from '../client-source.js'
import { behindOwnName } from '../connection-name.js'
import { Redis } from '../ioredis.js'
import type { RedisLike } from '../redis-like.js'
import { field, readList, readText } from '../replies.js'
import type { SentinelTarget } from '../target.js'
import { type Address, formatAddress, parseAddress, throughNat } from './address.js'
import { askOnce, explainRefusal } from './ask.js'
import { clientTo, type Destination } from './connector.js'
import { PrimaryFinder, type Topology } from './primary-finder.js'

/**
 * Clients of the primary that sentinels name, who are asked before each attempt to connect. ioredis' own way asks one
 * sentinel after the other, and begins anew with the same one each time.
 */
export function sentinelSource(target: SentinelTarget, purpose: ClientPurpose): ClientSource {
  const { runtime, commandTimeoutMs } = purpose
  const { seeds, name, natMap, learnsSentinels } = target
  const nameOf = (own: string): string => behindOwnName(target.serverOptions.connectionName, own)
  const reachable = (server: Address): Address => throughNat(server, natMap)
  const limitMs = shareOf(commandTimeoutMs, 3)
  const finder = new PrimaryFinder({
    seeds: seeds.map(reachable),
    runtime,
    ask: async (sentinel) => {
      const { host, port, family = target.sentinelOptions.family } = sentinel
      const client = new Redis({
        ...target.sentinelOptions,
        ...clientOverrides(() => 0, nameOf(purpose.name)),
        host,
        port,
        ...(family !== undefined && { family }),
        connectTimeout: limitMs,
        retryStrategy: null,
      })
      const { primary, nodes } = await askOnce(client, (asked) => askSentinel(asked, name), limitMs, runtime).catch(
        (error: unknown) => {
          throw explainRefusal(error, sentinel, 'a sentinel')
        },
      )
      return { primary: primary && reachable(primary), nodes: learnsSentinels ? nodes.map(reachable) : [] }
    },
    unknown: `is a sentinel that knows of no primary "${name}"`,
  })
  const readAccess = accessReader(purpose.credentials, purpose)
  const locate = async (): Promise<Destination> => {
    const { host, port } = await finder.locate()
    const { tls, family, username, password } = target.serverOptions
    return { place: { host, port }, tls, family, ...(await readAccess({ username, password })) }
  }
  return {
    kind: 'sentinel',
    makeClient: (retryDelay, own = purpose.name) =>
      clientTo(
        locate,
        (Connector) => new Redis({ ...target.serverOptions, ...clientOverrides(retryDelay, nameOf(own)), Connector }),
      ),
    origin: `the primary "${name}" of the sentinels ${seeds.map(formatAddress).join(', ')}`,
    database: target.serverOptions.db ?? 0,
    get location() {
      return finder.last && formatAddress(finder.last)
    },
    cluster: undefined,
  }
}

async function askSentinel(client: RedisLike, name: string): Promise<Topology> {
  const [primary, others] = await Promise.all([
    client.call('sentinel', 'get-master-addr-by-name', name),
    // Good to know, and not needed: a name that is none, or a missing right, is told by the first.
    client.call('sentinel', 'sentinels', name).catch(() => []),
  ])
  const nodes = readList(others).map((other) => {
    const fields = readList(other)
    return addressOf(field(fields, 'ip'), field(fields, 'port'))
  })
  const [host, port] = primary === null ? [] : readList(primary)
  return {
    primary: primary === null ? undefined : addressOf(host, port),
    nodes: nodes.filter((node) => node !== undefined),
  }
}

function addressOf(host: unknown, port: unknown): Address | undefined {
  const text = readText(host)
  return parseAddress(text.includes(':') ? `[${text}]:${readText(port)}` : `${text}:${readText(port)}`, 0)
}
