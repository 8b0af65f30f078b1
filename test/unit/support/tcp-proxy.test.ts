import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeRedis } from '../../support/fake-redis.js'
import { until, within } from '../../support/latch.js'
import { type LinkKind, TcpProxy } from '../../support/tcp-proxy.js'

const subscribe = command('SUBSCRIBE', 'news')
const get = command('GET', 'name')
const ping = command('PING')
const replies: Readonly<Record<string, string>> = {
  SUBSCRIBE: '*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n',
  SSUBSCRIBE: '*3\r\n$10\r\nssubscribe\r\n$4\r\nnews\r\n:1\r\n',
  GET: '$6\r\nanswer\r\n',
  PING: '+PONG\r\n',
}
const openings: Readonly<Record<LinkKind, string>> = { feed: subscribe, commands: get }

let server: FakeRedis
let proxy: TcpProxy
const clients: Client[] = []

beforeEach(async () => {
  server = await FakeRedis.start(([name = '']) => replies[name])
  proxy = await TcpProxy.start(server.port)
})

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy()
  await proxy.stop()
  await server.stop()
})

function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}

/** A connection through the proxy, and what came of it. */
interface Client {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  received: string
  errors: Error[]
}

async function dial(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1')
  const client: Client = {
    socket,
    closed: new Promise((resolve) => socket.on('close', resolve)),
    received: '',
    errors: [],
  }
  clients.push(client)
  socket.on('error', (error) => client.errors.push(error))
  socket.on('data', (chunk: Buffer) => (client.received += chunk.toString()))
  await once(socket, 'connect')
  return client
}

async function open(kind: LinkKind): Promise<Client> {
  const client = await dial()
  await ask(client, openings[kind])
  client.received = ''
  return client
}

async function ask(client: Client, request: string): Promise<void> {
  const before = client.received.length
  client.socket.write(request)
  await until(() => client.received.length > before, 5_000, `a reply to ${JSON.stringify(request)}`)
}

const receives = (client: Client, text: string): Promise<void> =>
  until(() => client.received === text, 5_000, `${JSON.stringify(text)} received`)

const isClosed = ({ closed }: Client): Promise<unknown> => within(closed, 5_000, 'the end of the connection')

describe('links', () => {
  it('are known by what the client sends, in whatever pieces', async () => {
    const asking = await dial()
    await ask(asking, ping)
    expect(proxy.links).toEqual({ feed: 0, commands: 0 })
    await ask(asking, get)
    const listening = await dial()
    for (const piece of [command('CLIENT', 'SETNAME', 'subscribe'), subscribe.slice(0, 12)]) {
      listening.socket.write(piece)
      await setImmediate()
    }
    await ask(listening, subscribe.slice(12))
    expect(proxy.links).toEqual({ feed: 1, commands: 1 })
    await ask(await dial(), command('SSUBSCRIBE', 'news'))
    expect(proxy.links).toEqual({ feed: 2, commands: 1 })
  })

  it('lead to the port that the proxy was last pointed to, and nowhere after a cut', async () => {
    const other = await FakeRedis.start(() => '+OTHER\r\n')
    const first = await open('commands')
    proxy.cut()
    await isClosed(first)
    await isClosed(await dial())
    proxy.pointTo(other.port)
    const second = await dial()
    await ask(second, get)
    expect(second.received).toBe('+OTHER\r\n')
    proxy.inflict({ kind: 'cut' })
    await other.stop()
  })

  it('end for the client when the server ends them', async () => {
    const client = await open('commands')
    await server.stop()
    await isClosed(client)
    server = await FakeRedis.start(() => undefined)
  })
})

describe.each<{ only: LinkKind; other: LinkKind }>([
  { only: 'feed', other: 'commands' },
  { only: 'commands', other: 'feed' },
])('a fault of $only alone', ({ only, other }) => {
  it.each(['cut', 'reset'] as const)(
    '%s ends present links, not those of the other kind nor new ones',
    async (kind) => {
      const [hit, spared] = [await open(only), await open(other)]
      proxy.inflict({ kind }, only)
      await isClosed(hit)
      expect(hit.errors.map(({ message }) => message)).toEqual(kind === 'reset' ? ['read ECONNRESET'] : [])
      await ask(spared, ping)
      await ask(await open(only), ping)
    },
  )

  it('stall hits present links and new ones, until it is healed', async () => {
    const [hit, spared] = [await open(only), await open(other)]
    proxy.inflict({ kind: 'stall' }, only)
    const late = await dial()
    await ask(late, ping)
    for (const client of [hit, late]) {
      client.received = ''
      client.socket.write(openings[only])
    }
    await ask(spared, ping)
    await until(() => proxy.links[only] === 2, 5_000, 'the kind of the new link')
    expect([hit.received, late.received]).toEqual(['', ''])
    proxy.heal()
    const reply = replies[only === 'feed' ? 'SUBSCRIBE' : 'GET'] ?? ''
    await Promise.all([receives(hit, reply), receives(late, reply)])
  })

  it('refuse closes new links when they tell their kind, and leaves present ones', async () => {
    const present = await open(only)
    proxy.inflict({ kind: 'refuse' }, only)
    await ask(await open(other), ping)
    const late = await dial()
    late.socket.write(openings[only])
    await isClosed(late)
    await ask(present, ping)
    proxy.heal()
    await ask(await open(only), ping)
  })
})

describe('faults of all links', () => {
  it('stall keeps the end of a link from the other side', async () => {
    const client = await open('commands')
    proxy.inflict({ kind: 'stall' })
    client.socket.end(get)
    await isClosed(client)
    const late = await dial()
    late.socket.write(get)
    await until(() => proxy.links.commands === 1, 5_000, 'the new link, which has told its kind')
    expect(server.commands).toHaveLength(1)
    proxy.heal()
    await until(() => server.commands.length === 3, 5_000, 'what was held back')
    await receives(late, replies.GET ?? '')
  })

  it('refuse closes new links at once', async () => {
    proxy.inflict({ kind: 'refuse' })
    await isClosed(await dial())
    proxy.heal()
    await open('commands')
  })

  it('delay holds everything back for its time either way, in order', async () => {
    const client = await open('commands')
    proxy.inflict({ kind: 'delay', ms: 60 })
    const begunAt = performance.now()
    client.socket.write(get + ping)
    await receives(client, `${replies.GET}${replies.PING}`)
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(119)
  })

  it('trickle lets bytes through at its pace, and all of them at once when healed', async () => {
    const client = await open('commands')
    const long = 'x'.repeat(2_000)
    server.answer = () => `+${long}\r\n`
    proxy.inflict({ kind: 'trickle', bytesPerSecond: 1_000 })
    client.socket.write(get)
    const begunAt = performance.now()
    await until(() => client.received.length > 100, 5_000, 'a part of the reply')
    expect(performance.now() - begunAt).toBeGreaterThan(50)
    expect(client.received.length).toBeLessThan(2_000)
    proxy.heal()
    await receives(client, `+${long}\r\n`)
  })

  it.each<LinkKind>(['feed', 'commands'])(
    'cut-mid-reply sends a part of the next reply of a link of %s',
    async (kind) => {
      const client = await open(kind)
      proxy.inflict({ kind: 'cut-mid-reply' })
      client.socket.write(ping)
      await isClosed(client)
      expect(client.received).toBe('+PON')
      await ask(await open(kind), ping)
    },
  )
})

describe('deaf', () => {
  it.each([
    { protocol: 'RESP2', type: '*' },
    { protocol: 'RESP3', type: '>' },
  ])('drops what is published in $protocol, in whatever pieces, and passes replies', async ({ type }) => {
    const client = await open('feed')
    const message = (kind: string): string =>
      `${type}3\r\n$${kind.length}\r\n${kind}\r\n$4\r\nnews\r\n$7\r\nmessage\r\n`
    proxy.inflict({ kind: 'deaf' })
    const all = `${message('message')}+PONG\r\n${message('smessage')}${replies.SUBSCRIBE}`
    server.send(all.slice(0, 15))
    await setImmediate()
    server.send(all.slice(15))
    await receives(client, `+PONG\r\n${replies.SUBSCRIBE}`)
    proxy.heal()
    server.send(message('message'))
    await receives(client, `+PONG\r\n${replies.SUBSCRIBE}${message('message')}`)
  })
})
