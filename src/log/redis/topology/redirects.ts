import type { ClusterRoute } from '../client-source.js'
import { replyCode, replyText } from '../errors.js'
import type { Address } from './address.js'
import { AskedNodes } from './asked-nodes.js'

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

/** What a cluster sends on of one connection: a call for this once (`ASK`), or the connection itself (`MOVED`). */
export class Redirects {
  readonly #route: ClusterRoute
  readonly #asked: AskedNodes

  constructor(route: ClusterRoute) {
    this.#route = route
    this.#asked = new AskedNodes((node) => route.clientOf(node))
  }

  /**
   * Settles as a call does or, where its reply names another node for this once, as the same call there: what was
   * refused so was not executed. One that was lost with its connection is sent to nobody else: it would be executed
   * after what was sent since.
   */
  follow(sent: Promise<unknown>, isOfNow: () => boolean, command: string, args: readonly string[]): Promise<unknown> {
    return sent.catch((error: unknown) => {
      const redirect = readRedirect(error)
      if (redirect?.code !== 'ASK' || redirect.address.host === '' || !isOfNow()) throw error
      return this.#asked.call(redirect.address, command, args)
    })
  }

  /** Whether a refusal says that the owner of the slot stands elsewhere; remembers whom it names. */
  isElsewhere(error: unknown): boolean {
    const redirect = readRedirect(error)
    // Where the node leaves out the host, the owner is looked up.
    if (redirect?.code === 'MOVED' && redirect.address.host !== '') this.#route.movedTo(redirect.address)
    const code = replyCode(error)
    return code === 'MOVED' || code === 'CLUSTERDOWN'
  }

  /** The connection is lost, and with it what was sent on. */
  close(): void {
    this.#asked.close()
  }
}
