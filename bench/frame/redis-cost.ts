import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { InvalidationPublisher } from '../../src/index.js'
import type { Resources } from '../resources.js'
import type { FrameForm } from './forms.js'

/** How many frames, and of how many messages. A fifth as many go before them. */
export interface FrameAmount {
  readonly frames: number
  readonly messagesPerFrame: number
}

/** What appends frames, one after another, and publishes each to one client. */
interface Appender {
  readonly stream: string
  /** The commands that do it, as `INFO commandstats` has them. */
  readonly commands: readonly string[]
  readonly append: (ids: readonly string[]) => Promise<unknown>
}

/** What a message takes of Redis, on average. */
export class RedisCost {
  readonly #redis: Redis
  readonly #appender: Appender

  static async open(form: FrameForm, url: string, resources: Resources): Promise<RedisCost> {
    const [redis, client] = [new Redis(url), new Redis(url)]
    resources.defer(() => redis.quit())
    resources.defer(() => client.quit())
    const channel = `bench:${randomUUID()}`
    await client.subscribe(channel)
    if (form.appendedBy === 'script') return new RedisCost(redis, await byScript(form, channel, redis))
    if (form.appendedBy === 'commands') return new RedisCost(redis, byCommands(form, channel, redis))
    const publisher = resources.use(await InvalidationPublisher.connect(url, 'bench', { channel }))
    return new RedisCost(redis, byPublisher(publisher, channel))
  }

  private constructor(redis: Redis, appender: Appender) {
    this.#redis = redis
    this.#appender = appender
  }

  /** Time of its main thread for a message, in µs; and bytes that it takes in the stream, by `MEMORY USAGE`. */
  async measure(nextId: () => string, { frames, messagesPerFrame }: FrameAmount) {
    const { stream, commands, append } = this.#appender
    const nextFrame = (): Promise<unknown> => append(Array.from({ length: messagesPerFrame }, nextId))
    const warmUp = Math.ceil(frames / 5)
    for (let frame = 0; frame < warmUp; frame++) await nextFrame()
    await this.#redis.config('RESETSTAT')
    for (let frame = 0; frame < frames; frame++) await nextFrame()
    const stats = await this.#redis.info('commandstats')
    const bytes = Number(await this.#redis.call('MEMORY', 'USAGE', stream, 'SAMPLES', '0'))
    await this.#redis.del(stream)
    const us = commands.reduce((sum, command) => sum + timeOf(command, stats), 0)
    return { us: us / (frames * messagesPerFrame), bytes: bytes / ((warmUp + frames) * messagesPerFrame) }
  }
}

/** With its defaults. */
function byPublisher(publisher: InvalidationPublisher, channel: string): Appender {
  return {
    stream: streamOf(channel),
    commands: ['evalsha'],
    append: (ids) => Promise.all(ids.map((id) => publisher.invalidate('user', id))),
  }
}

/** The least that a script does to append to a chain: the same for every version of this library. */
const leastScript = `
local prev = redis.call('SET', KEYS[2], ARGV[1], 'GET') or ''
local id = redis.call('XADD', KEYS[1], '*', 'a', ARGV[1], 'p', prev, 'm', '{' .. ARGV[2])
redis.call('PUBLISH', ARGV[3], '{"stream_id":"' .. id .. '","append_id":"' .. ARGV[1] .. '","prev":"' .. prev .. '",' .. ARGV[2])
return id
`

async function byScript(form: FrameForm, channel: string, redis: Redis): Promise<Appender> {
  const stream = streamOf(channel)
  const sha = String(await redis.script('LOAD', leastScript))
  let appended = 0
  return {
    stream,
    commands: ['evalsha'],
    append(ids) {
      const withoutBrace = form.write(ids).slice(1)
      return redis.evalsha(sha, 2, stream, `{${channel}}:last`, `bench${appended++}`, withoutBrace, channel)
    },
  }
}

function byCommands(form: FrameForm, channel: string, redis: Redis): Appender {
  const stream = streamOf(channel)
  return {
    stream,
    commands: ['xadd', 'publish'],
    append(ids) {
      const frame = form.write(ids)
      return Promise.all([redis.xadd(stream, '*', 'm', frame), redis.publish(channel, frame)])
    },
  }
}

function streamOf(channel: string): string {
  return `{${channel}}:stream`
}

/** Of all calls since the counts began, in µs. */
function timeOf(command: string, commandStats: string): number {
  return Number(new RegExp(`^cmdstat_${command}:.*\\busec=(\\d+)`, 'm').exec(commandStats)?.[1])
}
