import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** The reply to a command as RESP, such as `+OK\r\n`; undefined leaves it unanswered. */
export type Answer = (command: readonly string[]) => string | undefined

/** A server that speaks just enough of Redis' protocol to say what a real one says only in the rarest of moods. */
export class FakeRedis {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly port: number
  /** Every command received, in order. */
  readonly commands: (readonly string[])[] = []
  /** How commands are answered from now on. */
  answer: Answer

  static async start(answer: Answer): Promise<FakeRedis> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FakeRedis(server, answer)
  }

  private constructor(server: Server, answer: Answer) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('Expected a TCP server')
    this.port = address.port
    this.answer = answer
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      let unread = ''
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('data', (chunk: Buffer) => {
        unread += chunk.toString('latin1')
        for (let parsed = parse(unread); parsed; parsed = parse(unread)) {
          unread = parsed.rest
          this.commands.push(parsed.command)
          socket.write(this.answer(parsed.command) ?? '')
        }
      })
    })
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Sends a reply that was held back, to whoever is connected. */
  send(reply: string): void {
    for (const socket of this.#sockets) socket.write(reply)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Takes one command, an array of bulk strings, off the front; undefined while it is not complete. */
function parse(text: string): { command: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  let rest = text.slice(head[0].length)
  const command: string[] = []
  for (let index = 0; index < Number(head[1]); index++) {
    const length = /^\$(\d+)\r\n/.exec(rest)
    if (!length) return undefined
    const end = length[0].length + Number(length[1])
    if (rest.length < end + 2) return undefined
    command.push(rest.slice(length[0].length, end))
    rest = rest.slice(end + 2)
  }
  return { command, rest }
}
