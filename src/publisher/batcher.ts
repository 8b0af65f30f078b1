import type { Appended } from '../log/model/entry.js'
import { appendIds } from '../log/model/position.js'
import { encodeFrame } from '../message/wire/encode.js'
import { atEndOfTurn } from '../support/async-context.js'
import { backoffMs } from '../support/backoff.js'
import { isLinkLost } from '../support/errors.js'
import type { Runtime, Timer } from '../support/runtime.js'
import type { QueuedMessage, SendQueue } from './send-queue.js'

/** The messages that one append carries. It stays as it is from its first attempt on, however often it is tried. */
export interface Frame {
  /** None if it repairs frames that were acknowledged before: nobody waits for it. */
  readonly messages: readonly QueuedMessage[]
  readonly json: string
  readonly bytes: number
  /** How many accepted invalidations it carries. */
  readonly count: number
}

/** How much one frame holds, and how many frames may be under way. */
export interface FrameLimits {
  readonly maxMessages: number
  readonly maxBytes: number
  readonly maxInFlight: number
}

export const packedFrames: FrameLimits = { maxMessages: 1_000, maxBytes: 64 * 1024, maxInFlight: 8 }
export const singleMessages: FrameLimits = { maxMessages: 1, maxBytes: 64 * 1024, maxInFlight: 64 }

export interface BatcherContext {
  readonly queue: SendQueue
  readonly limits: FrameLimits
  readonly runtime: Runtime
  readonly append: (appendId: string, frame: string) => Promise<Appended>
  /** Called with each frame that was appended; the frame counts as under way until this has resolved. Never rejects. */
  readonly onAppended: (frame: Frame, appended: Appended) => Promise<void> | undefined
  /** Called with the error of each attempt that failed; its frame is tried again. */
  readonly onFailed: (error: unknown) => void
  /** Called after each attempt, when it no longer counts as under way. */
  readonly onProgress: () => void
}

/**
 * Group commit: sends the waiting messages in frames, in order. A frame leaves when nothing is under way, or when it is
 * full and few are under way. So a lone message leaves at once, and frames fill by themselves under load.
 *
 * When an attempt fails nothing more is sent until all others under way have ended; then the failed frames are sent
 * first, in their order. If a reply is lost, its frame is in the log twice: harmless, since each attempt has its own
 * append id.
 */
export class Batcher {
  readonly #context: BatcherContext
  readonly #nextAppendId: () => string
  /** In the order of sending. Failed frames stay in it until nothing is under way. */
  #underWay: Frame[] = []
  readonly #idle: (() => void)[] = []
  #unanswered = 0
  #retries: Frame[] = []
  #open = false
  /** Set from a failed attempt on until nothing is under way. */
  #failure: 'lost' | 'refused' | undefined
  /** How often in a row the server has refused. */
  #refusals = 0
  #backoff: Timer | undefined
  #woken = false

  constructor(context: BatcherContext) {
    this.#context = context
    this.#nextAppendId = appendIds(context.runtime)
  }

  /** How many frames are under way. */
  get inFlight(): number {
    return this.#unanswered
  }

  /** Whether nothing is under way and nothing waits. */
  get done(): boolean {
    return this.#unanswered === 0 && this.#retries.length === 0 && this.#context.queue.length === 0
  }

  /** Whether frames may be sent. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Whether an attempt has failed, or the server has refused and not yet accepted again. */
  get failing(): boolean {
    return this.#failure !== undefined || this.#refusals > 0
  }

  /** Frames that wait to be tried again, in order. */
  get retries(): readonly Frame[] {
    return this.#retries
  }

  /** How many accepted invalidations are under way or wait to be tried again. */
  get count(): number {
    return this.countUnderWay + sum(this.#retries)
  }

  get countUnderWay(): number {
    return sum(this.#underWay)
  }

  /** Sequence of the oldest message that is not appended; infinite if there is none. */
  get oldestSequence(): number {
    let oldest = this.#context.queue.first?.sequence ?? Infinity
    for (const frame of this.#underWay) oldest = Math.min(oldest, sequenceOf(frame))
    const [next] = this.#retries
    return next ? Math.min(oldest, sequenceOf(next)) : oldest
  }

  /** Something waits: sends at the end of the turn, so that messages published in one turn share a frame. */
  wake(): void {
    if (this.#woken) return
    this.#woken = true
    atEndOfTurn(() => {
      this.#woken = false
      this.#pump()
    })
  }

  /** Sending may begin, or go on. */
  open(): void {
    if (this.#open) return
    this.#open = true
    this.wake()
  }

  /** Nothing more is sent; frames under way may still be appended. */
  shut(): void {
    this.#open = false
  }

  /** Shuts for good. */
  close(): void {
    this.shut()
    this.#backoff?.cancel()
  }

  /** Shuts, and resolves when nothing is under way. */
  async quiesce(): Promise<void> {
    this.shut()
    if (this.#unanswered > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Sends frames that were acknowledged and got lost, ahead of all that waits. */
  repeat(frames: readonly Frame[]): void {
    this.#retries = [...frames, ...this.#retries]
    this.wake()
  }

  #pump(): void {
    while (this.#maySend()) void this.#send(this.#retries.shift() ?? this.#take())
  }

  #maySend(): boolean {
    if (!this.#open || this.#failure !== undefined || this.#backoff !== undefined) return false
    const { queue, limits } = this.#context
    if (this.#retries.length === 0 && queue.length === 0) return false
    if (this.#unanswered === 0) return true
    if (this.#unanswered >= limits.maxInFlight) return false
    return this.#retries.length > 0 || queue.length >= limits.maxMessages || queue.packedBytes >= limits.maxBytes
  }

  #take(): Frame {
    const { queue, limits } = this.#context
    return packFrame(queue.take(limits.maxMessages, limits.maxBytes))
  }

  async #send(frame: Frame): Promise<void> {
    this.#underWay.push(frame)
    this.#unanswered++
    const appended = await this.#append(frame)
    if (appended) {
      this.#refusals = 0
      const settled = this.#context.onAppended(frame, appended)
      if (settled) await settled
      this.#underWay.splice(this.#underWay.indexOf(frame), 1)
    }
    this.#unanswered--
    if (this.#unanswered === 0) this.#allEnded()
    this.#context.onProgress()
    this.wake()
  }

  async #append(frame: Frame): Promise<Appended | undefined> {
    try {
      return await this.#context.append(this.#nextAppendId(), frame.json)
    } catch (error) {
      // A server that refuses does not accept sooner for being asked often.
      this.#failure = isLinkLost(error) ? (this.#failure ?? 'lost') : 'refused'
      this.#context.onFailed(error)
      return undefined
    }
  }

  #allEnded(): void {
    if (this.#failure !== undefined) {
      this.#retries = [...this.#underWay, ...this.#retries]
      this.#underWay = []
      this.#backOff(this.#failure === 'refused' ? this.#refusals++ : 0)
      this.#failure = undefined
    }
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Waits before the next attempt, also if the link comes back sooner: it may be lost at every append. */
  #backOff(attempt: number): void {
    const { runtime } = this.#context
    this.#backoff = runtime.after(backoffMs(attempt, runtime), () => {
      this.#backoff = undefined
      this.#pump()
    })
  }
}

function packFrame(messages: readonly QueuedMessage[]): Frame {
  let count = 0
  for (const message of messages) count += message.count
  const json = encodeFrame(messages.map(({ part }) => part))
  return { messages, json, bytes: Buffer.byteLength(json), count }
}

/** The place of its first message in the order of acceptance; a frame that repairs is older than all that waits. */
function sequenceOf({ messages }: Frame): number {
  return messages[0]?.sequence ?? 0
}

function sum(frames: readonly Frame[]): number {
  let count = 0
  for (const frame of frames) count += frame.count
  return count
}
