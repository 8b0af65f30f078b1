import type { Address } from '../address.js'
import { replyText } from '../redis-errors.js'

/** Whom a node of a cluster names in its place: for good (`MOVED`), or for this call (`ASK`). */
export interface Redirect {
  readonly code: 'MOVED' | 'ASK'
  /** The host is empty where the node does not know it. */
  readonly address: Address
}

/** Reads a redirect such as `MOVED 3999 10.0.0.7:6381` from what a call rejected with; undefined where it is none. */
export function readRedirect(error: unknown): Redirect | undefined {
  const [, code, host = '', port] = /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(replyText(error) ?? '') ?? []
  if ((code !== 'MOVED' && code !== 'ASK') || port === undefined) return undefined
  return { code, address: { host: host === '?' ? '' : host, port: Number(port) } }
}
