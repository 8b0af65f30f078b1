import type { Random } from '../../examples/demo/services/random.js'
import { logKeys } from '../../src/log/model/keys.js'
import type { Position } from '../../src/log/model/position.js'
import { sessionContext } from '../../src/log/redis/redis-log.js'
import { RedisSession } from '../../src/log/redis/session.js'
import type { RedisTarget } from '../../src/log/redis/target.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { connection } from './cast.js'
import type { Access } from './processes/protocol.js'
import { optionsFor, sourceOf } from './processes/stdio.js'

interface Heard {
  readonly position: Position
  readonly prev: string
  /** As it was published, from behind its place in the log. */
  readonly frame: string
}

const { channel } = connection
const everyMs = 50
const burst = 20
const remembered = 100
const ignore = (): void => undefined

/**
 * Somebody who may publish and subscribe on the channel, and nothing else: publishes frames out of place, chains of
 * them, frames that continue the newest entry, copies under other stream IDs, duplicates, and frames of another
 * database, 20 to 400 a second. What it forges is empty: only what subscribers do about it counts.
 */
export class Stranger {
  readonly #random: Random
  readonly #command: 'spublish' | 'publish'
  readonly #mouth: RedisSession
  readonly #ears: RedisSession
  readonly #timer: NodeJS.Timeout
  #heard: Heard[] = []
  #frames = 0

  constructor(access: Access, random: Random) {
    this.#random = random
    const { sharded = false } = optionsFor(access)
    this.#command = sharded ? 'spublish' : 'publish'
    // What the soak names is never a log.
    const source = sourceOf(access) as RedisTarget
    const context = sessionContext(source, logKeys(channel), { ...connection, sharded })
    const listener = { onUp: ignore, onDown: ignore, onError: ignore }
    this.#mouth = new RedisSession(context, listener, { prepare: () => Promise.resolve() })
    this.#ears = new RedisSession(context, listener, {
      prepare: (send) => send(sharded ? 'ssubscribe' : 'subscribe', channel),
      receive: (_, text) => this.#hear(text),
    })
    this.#timer = setInterval(() => this.#forge(), everyMs)
  }

  /** How many frames it has published. */
  get frames(): number {
    return this.#frames
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([this.#mouth.close(), this.#ears.close()])
  }

  #hear(text: string): void {
    const { streamId, appendId, prev } = decodeFrame(text)
    if (streamId === undefined || appendId === undefined || prev === undefined || appendId.startsWith('forged')) return
    const start = text.indexOf(',', text.indexOf('"prev":')) + 1
    this.#heard = [
      ...this.#heard.slice(1 - remembered),
      { position: { streamId, appendId }, prev, frame: text.slice(start) },
    ]
  }

  #forge(): void {
    const count = this.#random() < 0.1 ? burst : 1
    const newest = this.#heard.at(-1)
    const some = this.#heard[Math.floor(this.#random() * this.#heard.length)]
    const kind = Math.floor(this.#random() * 6)
    let prev = kind === 2 && newest ? newest.position.appendId : 'nowhere'
    for (let frame = 0; frame < count; frame++) {
      if (some && kind >= 4) {
        const streamId = kind === 4 ? some.position.streamId : this.#streamId(newest)
        this.#publish({ ...some, position: { ...some.position, streamId } })
        continue
      }
      const appendId = `forged${this.#frames}`
      const rest = kind === 3 ? '"db":1,"frame":[]}' : '"frame":[]}'
      this.#publish({ position: { streamId: this.#streamId(newest), appendId }, prev, frame: rest })
      if (kind > 0) prev = appendId
    }
  }

  #streamId(newest: Heard | undefined): string {
    const chance = this.#random()
    const [time = '1'] = newest?.position.streamId.split('-') ?? []
    if (chance < 0.2) return '1-1'
    return chance < 0.4 ? `9999999999999-${this.#frames}` : `${time}-${1_000_000 + this.#frames}`
  }

  #publish({ position: { streamId, appendId }, prev, frame }: Heard): void {
    this.#frames += 1
    const text = `{"stream_id":"${streamId}","append_id":"${appendId}","prev":"${prev}",${frame}`
    this.#mouth.call(this.#command, channel, text).catch(ignore)
  }
}
