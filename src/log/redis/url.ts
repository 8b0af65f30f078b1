import { ConfigurationError } from '../../support/errors.js'
import { type Address, parseAddress } from './topology/address.js'

/** A URL that names sentinels, or nodes of a cluster; one of a single server is ioredis' to read. */
export interface FleetUrl {
  readonly kind: 'sentinel' | 'cluster'
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly addresses: readonly Address[]
  /** What follows the addresses: of sentinels, the name of the primary and the database. */
  readonly path: readonly string[]
  readonly parameters: URLSearchParams
}

const fleetUrl = /^redis(s?)\+(sentinel|cluster):\/\/(?:(.*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const singleUrl = /^(?:rediss?:\/\/[^/?#]*(?:\/[^?#@]*)?|\/[^?]*)(?:\?\w+=[^#]*)?$/i
const defaultPorts = { sentinel: 26_379, cluster: 6_379 } as const

/** @throws ConfigurationError for a text that is no URL of Redis, which is shown without what may be a password */
export function readUrl(url: string): FleetUrl | 'single' {
  // A text without a scheme ioredis takes for a host name or a path: a misspelt URL would wait for ever.
  if (/^(rediss?:\/\/|\/(?!\/))/i.test(url)) return checkSingle(url)
  const [, secure, scheme = '', user, hosts = '', path = '', query] = fleetUrl.exec(url) ?? []
  const kind = scheme.toLowerCase()
  if (kind !== 'sentinel' && kind !== 'cluster') throw invalidUrl(url)
  const addresses = hosts.split(',').map((text) => parseAddress(text, defaultPorts[kind]))
  if (!addresses.every((address) => address !== undefined)) throw invalidUrl(url)
  try {
    return {
      kind,
      tls: secure !== '',
      addresses,
      parameters: new URLSearchParams(query),
      ...readUser(user),
      path: path === '' ? [] : path.split('/').map(decodeURIComponent),
    }
  } catch {
    throw invalidUrl(url)
  }
}

/** @throws URIError if a part is not percent-encoded as it should be */
function readUser(user = ''): Pick<FleetUrl, 'username' | 'password'> {
  const [username = '', ...password] = user.split(':')
  return {
    username: username === '' ? undefined : decodeURIComponent(username),
    password: password.length === 0 ? undefined : decodeURIComponent(password.join(':')),
  }
}

/** An `@` elsewhere is one of a password that is not percent-encoded, and half of that would pass for the host. */
function checkSingle(url: string): 'single' {
  if (url.includes('@') && !singleUrl.test(url)) throw invalidUrl(url)
  return 'single'
}

export function invalidUrl(url: string): ConfigurationError {
  return new ConfigurationError(
    `Expected \`redis\` to be a URL such as "redis://localhost:6379", "redis+sentinel://host:26379,host:26379/mymaster" or "redis+cluster://host:7000,host:7001", or the path of a socket, got ${JSON.stringify(redact(url))}`,
  )
}

/** Leaves out what may be a password: all before an "@", all behind a "?". */
function redact(url: string): string {
  return url.replace(/^([\w+]*:?\/{0,2}).*@/s, '$1***@').replace(/\?.*$/s, '?***')
}
