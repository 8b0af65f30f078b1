import type { Socket } from 'node:net'

/** How a link is at the moment, both ways. */
export interface Conditions {
  stalled: boolean
  delayMs: number
  bytesPerSecond: number | undefined
}

interface Parcel {
  /** Undefined: the end. */
  readonly bytes: Buffer | undefined
  readonly takenAt: number
}

/** Past that a lane reads nothing more, so that whoever sends feels it. */
const maxQueuedBytes = 64 * 1024
const trickleMs = 20

/** One direction of a link: what comes from one socket, its end too, leaves by the other when the conditions let it. */
export class Lane {
  readonly #from: Socket
  readonly #to: Socket
  readonly #conditions: Readonly<Conditions>
  #queue: Parcel[] = []
  #queuedBytes = 0
  #trickledAt = -Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, conditions: Readonly<Conditions>) {
    this.#from = from
    this.#to = to
    this.#conditions = conditions
    from.on('close', () => {
      this.#queue.push({ bytes: undefined, takenAt: performance.now() })
      this.send()
    })
    to.on('drain', () => {
      this.send()
    })
    to.on('close', () => {
      clearTimeout(this.#timer)
    })
  }

  take(bytes: Buffer): void {
    this.#queue.push({ bytes, takenAt: performance.now() })
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes > maxQueuedBytes) this.#from.pause()
    this.send()
  }

  /** Sends what may leave by now; to be called when the conditions have changed. */
  send(): void {
    clearTimeout(this.#timer)
    while (!this.#conditions.stalled && !this.#to.writableNeedDrain) {
      const parcel = this.#queue.shift()
      if (parcel === undefined) return
      const waitMs = this.#waitMs(parcel)
      if (waitMs > 0) {
        this.#queue.unshift(parcel)
        this.#timer = setTimeout(() => {
          this.send()
        }, waitMs)
        return
      }
      this.#pass(parcel)
    }
  }

  #waitMs({ takenAt }: Parcel): number {
    const { delayMs, bytesPerSecond } = this.#conditions
    const mayLeaveAt = takenAt + delayMs
    const mayTrickleAt = bytesPerSecond === undefined ? 0 : this.#trickledAt + trickleMs
    return Math.max(mayLeaveAt, mayTrickleAt) - performance.now()
  }

  #pass({ bytes, takenAt }: Parcel): void {
    if (bytes === undefined) {
      this.#to.destroySoon()
      return
    }
    const { bytesPerSecond } = this.#conditions
    const most = bytesPerSecond === undefined ? bytes.length : Math.ceil((bytesPerSecond * trickleMs) / 1_000)
    const rest = bytes.subarray(most)
    if (rest.length > 0) this.#queue.unshift({ bytes: rest, takenAt })
    this.#trickledAt = performance.now()
    this.#to.write(bytes.subarray(0, most))
    this.#queuedBytes -= bytes.length - rest.length
    if (this.#queuedBytes <= maxQueuedBytes && this.#from.isPaused()) this.#from.resume()
  }
}
