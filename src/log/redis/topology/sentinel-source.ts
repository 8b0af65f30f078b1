import { Redis } from 'ioredis'
import { clientOverrides, type ClientPurpose, type ClientSource, shareOf } from '../client-source.js'
import { behindOwnName } from '../connection-name.js'
import type { RedisLike } from '../redis-like.js'
import { field, readList, readText } from '../replies.js'
import type { SentinelTarget } from '../target.js'
import { type Address, formatAddress, parseAddress, throughNat } from './address.js'
import { askOnce, explainRefusal } from './ask.js'
import { connectorTo } from './connector.js'
import { PrimaryFinder, type Topology } from './primary-finder.js'

/**
 * Clients of the primary that sentinels name, who are asked before each attempt to connect. ioredis' own way asks one
 * sentinel after the other, and begins anew with the same one each time.
 */
export function sentinelSource(target: SentinelTarget, purpose: ClientPurpose): ClientSource {
  const { runtime, commandTimeoutMs } = purpose
  const { seeds, name, sentinelOptions, serverOptions, natMap } = target
  const nameOf = (own: string): string => behindOwnName(serverOptions.connectionName, own)
  const reachable = (server: Address): Address => throughNat(server, natMap)
  const limitMs = shareOf(commandTimeoutMs, 3)
  const finder = new PrimaryFinder({
    seeds: seeds.map(reachable),
    runtime,
    ask: async (sentinel) => {
      const client = new Redis({
        ...sentinelOptions,
        ...clientOverrides(() => 0, nameOf(purpose.name)),
        ...sentinel,
        connectTimeout: limitMs,
        retryStrategy: null,
      })
      const { primary, nodes } = await askOnce(client, (asked) => askSentinel(asked, name), limitMs, runtime).catch(
        (error: unknown) => {
          throw explainRefusal(error, sentinel, 'a sentinel')
        },
      )
      return { primary: primary && reachable(primary), nodes: nodes.map(reachable) }
    },
    unknown: `is a sentinel that knows of no primary "${name}"`,
  })
  const Connector = connectorTo(() => finder.locate())
  return {
    kind: 'sentinel',
    makeClient: (retryDelay, own = purpose.name) =>
      new Redis({ ...serverOptions, ...clientOverrides(retryDelay, nameOf(own)), Connector }),
    origin: `the primary "${name}" of the sentinels ${seeds.map(formatAddress).join(', ')}`,
    database: serverOptions.db ?? 0,
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
