/** Where a node is to be reached that calls itself `host:port`; what it does not know stays as it is. */
export type NatMap =
  | ((address: string) => { readonly host: string; readonly port: number } | null | undefined)
  | Readonly<Record<string, { readonly host: string; readonly port: number }>>

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
  /** The version of IP, 4 or 6; 0 for either. Not part of its name. Default: that of the options. */
  readonly family?: number
}

/** `host:port`; the host of IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads `host:port`, `[host]:port`, or `host` alone, which means `defaultPort`; undefined for anything else. */
export function parseAddress(text: string, defaultPort: number): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = digits === undefined ? defaultPort : Number(digits)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

/** Each address once. */
export function distinctAddresses(addresses: readonly Address[]): readonly Address[] {
  return [...new Map(addresses.map((address) => [formatAddress(address), address])).values()]
}

/** Where a node is to be reached that calls itself so. The keys of the map are as ioredis has them: `host:port`. */
export function throughNat(address: Address, natMap: NatMap | undefined): Address {
  const name = `${address.host}:${address.port}`
  const mapped = typeof natMap === 'function' ? natMap(name) : natMap?.[name]
  return mapped ?? address
}
