import type { Socket } from 'node:net'
import type { Fault, LinkKind } from './fault.js'
import { type Conditions, Lane } from './lane.js'
import { firstWord, RespStream } from './resp.js'

/** What clients of either kind may send first. */
const kindless = new Set(['hello', 'auth', 'select', 'client', 'ping', 'info', 'role'])
const subscribing = new Set(['subscribe', 'ssubscribe'])
const published = new Set(['message', 'smessage'])

/** So much less than a whole reply that no client takes it for one: more than its line end. */
const tornBytes = 3

/** A client's connection and the one to the server that it is led to. */
export class ProxiedLink {
  readonly #client: Socket
  readonly #server: Socket
  readonly #conditions: Conditions = { stalled: false, delayMs: 0, bytesPerSecond: undefined }
  readonly #lanes: readonly Lane[]
  readonly #onKind: (link: ProxiedLink, kind: LinkKind) => void
  readonly #commands = new RespStream()
  /** Set on a feed: it is passed on by whole replies, so that those that were published can be told. */
  #replies: RespStream | undefined
  #kind: LinkKind | undefined
  #deaf = false
  #cutsNextReply = false

  /** @param onKind told once, before what told the kind is passed on */
  constructor(client: Socket, server: Socket, onKind: (link: ProxiedLink, kind: LinkKind) => void) {
    this.#client = client
    this.#server = server
    this.#onKind = onKind
    const toServer = new Lane(client, server, this.#conditions)
    const toClient = new Lane(server, client, this.#conditions)
    this.#lanes = [toServer, toClient]
    for (const socket of [client, server]) socket.on('error', () => socket.destroy())
    client.on('data', (chunk: Buffer) => {
      if (this.#kind === undefined) this.#readKind(chunk)
      toServer.take(chunk)
    })
    server.on('data', (chunk: Buffer) => {
      this.#reply(chunk, toClient)
    })
  }

  /** Undefined until the client has sent something that tells it. */
  get kind(): LinkKind | undefined {
    return this.#kind
  }

  /** Whether the client still holds it. */
  get isOpen(): boolean {
    return !this.#client.destroyed
  }

  suffer(fault: Fault): void {
    switch (fault.kind) {
      case 'cut':
      case 'refuse':
        this.#client.destroy()
        this.#server.destroy()
        break
      case 'reset':
        this.#client.resetAndDestroy()
        this.#server.resetAndDestroy()
        break
      case 'cut-mid-reply':
        this.#cutsNextReply = true
        break
      case 'stall':
        this.#conditions.stalled = true
        break
      case 'delay':
        this.#conditions.delayMs = fault.ms
        break
      case 'trickle':
        this.#conditions.bytesPerSecond = fault.bytesPerSecond
        break
      case 'deaf':
        this.#deaf = true
    }
  }

  heal(): void {
    this.#deaf = false
    Object.assign(this.#conditions, { stalled: false, delayMs: 0, bytesPerSecond: undefined })
    for (const lane of this.#lanes) lane.send()
  }

  #readKind(chunk: Buffer): void {
    const telling = this.#commands
      .push(chunk)
      .map(firstWord)
      .find((command) => !kindless.has(command))
    if (telling === undefined) return
    this.#kind = subscribing.has(telling) ? 'feed' : 'commands'
    if (this.#kind === 'feed') this.#replies = new RespStream()
    this.#onKind(this, this.#kind)
  }

  #reply(chunk: Buffer, toClient: Lane): void {
    const replies = this.#replies?.push(chunk) ?? [chunk]
    const passing = this.#deaf ? replies.filter((reply) => !published.has(firstWord(reply))) : replies
    if (passing.length === 0) return
    const bytes = Buffer.concat(passing)
    toClient.take(this.#cutsNextReply ? bytes.subarray(0, -tornBytes) : bytes)
    if (this.#cutsNextReply) this.#server.destroy()
  }
}
