import { Redis } from 'ioredis'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { nameOf } from './handled.js'
import { until } from './latch.js'

/** A plain Pub/Sub client, such as a service with the Rust crate has: what it hears on one server. */
export class Wiretap {
  /** What there was to evict, in order. */
  readonly names: string[] = []
  readonly appendIds: string[] = []
  readonly #redis: Redis

  static async on(port: number, channel: string): Promise<Wiretap> {
    const tap = new Wiretap(port)
    await tap.#redis.subscribe(channel)
    return tap
  }

  private constructor(port: number) {
    this.#redis = new Redis(port, '127.0.0.1')
    this.#redis.on('error', () => undefined)
    this.#redis.on('message', (_channel, text) => {
      const { messages, appendId } = decodeFrame(text)
      this.names.push(...messages.map(nameOf))
      if (appendId !== undefined) this.appendIds.push(appendId)
    })
  }

  async hears(name: string): Promise<void> {
    await until(() => this.names.includes(name), 10_000, `${name} heard`)
  }

  stop(): void {
    this.#redis.disconnect()
  }
}
