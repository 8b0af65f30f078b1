import { hostname } from 'node:os'
import type { DeadLetter, DeadLetterStore } from '../log/log.js'
import { encodeWithTrace } from '../message/wire/encode.js'
import type { Runtime } from '../support/runtime.js'
import type { SubscriptionCounters } from '../telemetry/counters.js'
import type { SubscriptionTelemetry } from '../telemetry/telemetry.js'
import { evictAll, type ResyncEvent } from './follow/recovery-event.js'
import { DeadLetterBox } from './handling/dead-letter-box.js'
import type { Work } from './handling/delivery.js'
import type { GivenUp } from './handling/failing.js'

export interface GivenUpMessagesContext {
  /** Names of the subscription and of its service; empty if they were not named. */
  readonly name: string
  readonly service: string
  readonly log: DeadLetterStore
  /** How many dead letters are kept, approximately. */
  readonly cap: number
  readonly onResync: 'evict' | 'notify'
  readonly onDeadLetter: 'resync' | 'keep'
  readonly runtime: Runtime
  readonly counters: SubscriptionCounters
  readonly telemetry: SubscriptionTelemetry | undefined
  /** The position, as text, up to which everything has been handled. */
  position(): string | undefined
  onStored(letter: DeadLetter): void
  onResynced(event: ResyncEvent): void
  /** The pattern `*` was handled. */
  onEvicted(): void
  onError(error: Error): void
}

/** Turns messages that the handler gave up on into dead letters, and evicts everything in their place. */
export class GivenUpMessages {
  readonly letters: DeadLetterBox
  readonly #context: GivenUpMessagesContext
  #recalled = false

  constructor(context: GivenUpMessagesContext) {
    const { log, cap } = context
    this.#context = context
    this.letters = new DeadLetterBox({
      store: (letter) => log.addDeadLetter(letter, cap),
      list: (from, count) => log.listDeadLetters(from, count),
      onStored: (letter) => context.onStored(letter),
      onError: (error) => context.onError(error),
    })
  }

  linkUp(): void {
    const { name, onDeadLetter } = this.#context
    void this.letters.retry()
    // With a resync in place of each, letters of earlier processes are covered: what was not is delivered again.
    if (this.#recalled || name === '' || onDeadLetter === 'resync') return
    this.#recalled = true
    void this.letters.recall(name)
  }

  /** Resolves when the dead letter is stored or kept in memory. */
  async add({ message, error, tries, trace, place }: GivenUp): Promise<void> {
    const { name, service } = this.#context
    this.#context.onError(error)
    const letter = {
      message: encodeWithTrace(message, trace),
      error: `${error.name}: ${error.message}`,
      tries,
      subscriber: name,
      ...(service !== '' && { service }),
      host: hostname(),
      pid: process.pid,
    }
    await this.letters.add(letter, place)
  }

  /** The position stays, since no entry of the log is skipped. Undefined if the handler is not run. */
  resync(): Work | undefined {
    const { onResync, runtime, counters, telemetry } = this.#context
    const reason = 'dead-letter'
    const position = this.#context.position()
    const event: ResyncEvent = { reason, from: position, to: position, missed: undefined }
    counters.countResync(reason)
    const recovery = telemetry?.resync(reason)
    recovery?.end(event)
    this.#context.onResynced(event)
    if (onResync === 'notify') return undefined
    const messages = [evictAll(event, runtime)]
    return { messages, origin: { mode: 'resync', reason }, recovery, handled: () => this.#context.onEvicted() }
  }
}
