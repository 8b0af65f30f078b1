import type { DeadLetter } from '../../log/log.js'
import { RedisError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import { describeThrown } from '../../support/thrown.js'

type NewLetter = Omit<DeadLetter, 'id'>

export interface DeadLetterBoxOptions {
  /** Stores a dead letter; resolves to its id. */
  readonly store: (letter: NewLetter) => Promise<string>
  /** How many dead letters wait in memory at most while they can't be stored. Default 1,000. */
  readonly limit?: number
  /** Called with the first failure of each kind in an outage, and with every dead letter that is lost. */
  onError(error: Error): void
  /** Called with every dead letter that was stored, at once or later. */
  onStored(letter: DeadLetter): void
}

const closedEarly = 'the subscription was closed before it could be stored'

/** Puts messages that were given up into the dead-letter stream, and keeps in memory those it can't put there yet. */
export class DeadLetterBox {
  readonly #options: DeadLetterBoxOptions
  readonly #limit: number
  readonly #kept: NewLetter[] = []
  #retrying: Promise<void> | undefined
  readonly #outage: Outage
  #isClosed = false

  constructor(options: DeadLetterBoxOptions) {
    this.#options = options
    this.#limit = options.limit ?? 1_000
    this.#outage = new Outage((cause) => options.onError(this.#describeOutage(cause)))
  }

  /** Resolves when the letter is stored or kept in memory. Never rejects: what goes wrong is told to `onError`. */
  async add(letter: NewLetter): Promise<void> {
    if (!(await this.#store(letter))) return
    // The store works: those that wait need not wait for the link to come back.
    if (this.#kept.length > 0) void this.retry()
  }

  /** Stores the letters kept in memory, until one fails again. Never rejects. */
  retry(): Promise<void> {
    this.#retrying ??= this.#storeKept().finally(() => {
      this.#retrying = undefined
    })
    return this.#retrying
  }

  /** Tries the letters kept in memory once more; from now on, one that can't be stored is reported lost. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.retry()
    for (const letter of this.#kept.splice(0)) this.#options.onError(describeLoss(letter, closedEarly))
  }

  async #storeKept(): Promise<void> {
    // A letter that fails goes to the end, so that one that can never be stored does not hold up the others for ever.
    for (let left = this.#kept.length; left > 0; left--) {
      const letter = this.#kept.shift()
      if (!letter || !(await this.#store(letter))) return
    }
  }

  /** Whether the letter was stored; if not, it is kept. */
  async #store(letter: NewLetter): Promise<boolean> {
    let id: string
    try {
      id = await this.#options.store(letter)
    } catch (error) {
      this.#keep(letter, error)
      return false
    }
    this.#outage.ended()
    this.#options.onStored({ id, ...letter })
    return true
  }

  #keep(letter: NewLetter, cause: unknown): void {
    if (this.#isClosed || this.#kept.length >= this.#limit) {
      const why = this.#isClosed ? closedEarly : `${this.#limit} others already wait to be stored`
      this.#options.onError(describeLoss(letter, why, cause))
      return
    }
    this.#kept.push(letter)
    this.#outage.failed(cause)
  }

  #describeOutage(cause: Error): RedisError {
    const [oldest] = this.#kept
    const first = oldest === undefined ? '' : `, beginning with that of message ${messageIdOf(oldest)}`
    const text = `Dead letters can't be stored (${describeThrown(cause)}); up to ${this.#limit} are kept in memory until they can${first}`
    return new RedisError(kindOf(cause), text, { cause })
  }
}

function describeLoss(letter: NewLetter, why: string, cause?: unknown): RedisError {
  const text = `The dead letter of message ${messageIdOf(letter)} is lost: ${why}. Its handler had failed with: ${letter.error}`
  return new RedisError(kindOf(cause), text, { cause })
}

function kindOf(cause: unknown): RedisError['kind'] {
  return cause instanceof RedisError ? cause.kind : 'reply'
}

/** The message id or, where the JSON holds none, how it begins. */
function messageIdOf({ message }: NewLetter): string {
  return /"message_id":"([^"\\]{1,200})"/.exec(message)?.[1] ?? message.slice(0, 100)
}
