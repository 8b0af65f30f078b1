/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
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
