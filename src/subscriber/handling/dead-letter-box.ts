import type { DeadLetter } from '../../log/log.js'
import { compareStreamIds } from '../../message/stream-id.js'
import { RedisError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import { describeThrown } from '../../support/thrown.js'

type NewLetter = Omit<DeadLetter, 'id'>

export interface DeadLetterBoxOptions {
  /** Stores a dead letter; resolves to its id. */
  readonly store: (letter: NewLetter) => Promise<string>
  /** Up to `count` stored letters, oldest first, from an id on, inclusive; `-` is the oldest. */
  readonly list: (from: string, count: number) => Promise<readonly Pick<DeadLetter, 'id' | 'subscriber'>[]>
  /** How many dead letters wait in memory at most while they can't be stored. Default 1,000. */
  readonly limit?: number
  /** Called with the first failure of each kind in an outage, and with every dead letter that is lost. */
  onError(error: Error): void
  /** Called with every dead letter that was stored, at once or later. */
  onStored(letter: DeadLetter): void
}

/** A letter, and its message's place among the failed messages. */
interface Placed {
  readonly letter: NewLetter
  readonly place: number
}

/** A letter that was stored or lost, and may still be outstanding. */
interface Outstanding {
  /** Undefined if it was lost. */
  readonly id: string | undefined
  readonly place: number
}

/** How many outstanding letters are remembered: the newest. */
const maxOutstanding = 1_000

const closedEarly = 'the subscription was closed before it could be stored'

/**
 * Writes messages that were given up to the dead-letter stream, and keeps them in memory until it can. Knows whether
 * letters are outstanding: until they are redriven or purged, or everything is evicted.
 */
export class DeadLetterBox {
  readonly #options: DeadLetterBoxOptions
  readonly #limit: number
  #kept: Placed[] = []
  #outstanding: Outstanding[] = []
  /** Letters up to this place have been covered. */
  #covered = -1
  #checking = false
  #retrying: Promise<void> | undefined
  readonly #outage: Outage
  #isClosed = false

  constructor(options: DeadLetterBoxOptions) {
    this.#options = options
    this.#limit = options.limit ?? 1_000
    this.#outage = new Outage((cause) => options.onError(this.#describeOutage(cause)))
  }

  /** Resolves when the letter is stored or kept in memory. Never rejects: what goes wrong is told to `onError`. */
  async add(letter: NewLetter, place: number): Promise<void> {
    if (!(await this.#store({ letter, place }))) return
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
    for (const { letter } of this.#kept.splice(0)) this.#options.onError(describeLoss(letter, closedEarly))
  }

  /**
   * Finds the letters that earlier processes of a subscription have left, among the oldest 1,000: they are outstanding
   * until they are redriven, purged or covered. Never rejects.
   */
  async recall(subscriber: string): Promise<void> {
    try {
      const left = await this.#options.list('-', maxOutstanding)
      for (const letter of left) if (letter.subscriber === subscriber) this.#remember({ id: letter.id, place: 0 })
    } catch {
      // The link reports its own failures. Without an answer the letters are only seen in the store.
    }
  }

  /** Whether letters are outstanding, as far as known: not redriven, purged or covered. */
  get hasOutstanding(): boolean {
    return this.#outstanding.length > 0 || this.#kept.some(({ place }) => place > this.#covered)
  }

  /** Everything has been evicted since messages up to this place were given up. */
  covered(place: number): void {
    this.#covered = Math.max(this.#covered, place)
    this.#outstanding = this.#outstanding.filter((letter) => letter.place > this.#covered)
  }

  /** Checks whether outstanding letters are gone; asks the log only if there are any. Never rejects. */
  async check(): Promise<void> {
    const oldest = this.#outstanding.find(({ id }) => id !== undefined)?.id
    if (oldest === undefined || this.#checking) return
    this.#checking = true
    // Letters stored from now on are newer than the answer.
    const asked = new Set(this.#outstanding)
    try {
      const [found] = await this.#options.list(oldest, 1)
      const isGone = (id: string): boolean => found === undefined || compareStreamIds(id, found.id) < 0
      this.#outstanding = this.#outstanding.filter(
        (each) => each.id === undefined || !asked.has(each) || !isGone(each.id),
      )
    } catch {
      // The link reports its own failures; the next heartbeat asks again.
    } finally {
      this.#checking = false
    }
  }

  async #storeKept(): Promise<void> {
    // A letter that fails goes to the end, so that one that can never be stored does not hold up the others for ever.
    for (let left = this.#kept.length; left > 0; left--) {
      const placed = this.#kept.shift()
      if (!placed || !(await this.#store(placed))) return
    }
  }

  /** Whether the letter was stored; if not, it is kept. */
  async #store(placed: Placed): Promise<boolean> {
    const { letter, place } = placed
    let id: string
    try {
      id = await this.#options.store(letter)
    } catch (error) {
      this.#keep(placed, error)
      return false
    }
    this.#outage.ended()
    this.#remember({ id, place })
    this.#options.onStored({ id, ...letter })
    return true
  }

  #remember(letter: Outstanding): void {
    if (letter.place <= this.#covered) return
    this.#outstanding.push(letter)
    if (this.#outstanding.length > maxOutstanding) this.#outstanding.shift()
  }

  #keep(placed: Placed, cause: unknown): void {
    const { letter, place } = placed
    if (this.#isClosed || this.#kept.length >= this.#limit) {
      const why = this.#isClosed ? closedEarly : `${this.#limit} others already wait to be stored`
      this.#options.onError(describeLoss(letter, why, cause))
      this.#remember({ id: undefined, place })
      return
    }
    this.#kept.push(placed)
    this.#outage.failed(cause)
  }

  #describeOutage(cause: Error): RedisError {
    const oldest = this.#kept[0]?.letter
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
