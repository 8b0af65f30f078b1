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
  readonly subscription: string
  readonly service: string
  readonly log: DeadLetterStore
  /** How many dead letters are kept, approximately. */
  readonly cap: number
  readonly onResync: 'evict' | 'notify'
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

  constructor(context: GivenUpMessagesContext) {
    const { log, cap } = context
    this.#context = context
    this.letters = new DeadLetterBox({
      store: (letter) => log.addDeadLetter(letter, cap),
      find: async (id) => (await log.listDeadLetters(id, 1))[0],
      onStored: (letter) => context.onStored(letter),
      onError: (error) => context.onError(error),
    })
  }

  /** Resolves when the dead letter is stored or kept in memory. */
  async add({ message, error, tries, trace, place }: GivenUp): Promise<void> {
    const { subscription, service } = this.#context
    this.#context.onError(error)
    const letter = {
      message: encodeWithTrace(message, trace),
      error: `${error.name}: ${error.message}`,
      tries,
      subscriber: subscription,
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
