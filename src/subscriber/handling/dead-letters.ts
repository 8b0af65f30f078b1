import type { DeadLetter, DeadLetterStore } from '../../log/log.js'
import { compareStreamIds, isStreamId } from '../../message/stream-id.js'
import { ConfigurationError } from '../../support/errors.js'
import { toError } from '../../support/thrown.js'

/** Where dead letters are kept, and how they are published again. */
export interface DeadLettersContext {
  readonly store: DeadLetterStore
  /** Appends a message (as JSON) to the log again. */
  readonly republish: (message: string) => Promise<void>
  /** Throws if its owner is closed; called before each read. Default: never. */
  readonly checkOpen?: () => void
}

export interface ListDeadLettersOptions {
  /** The id to begin with, inclusive. Default: the oldest. */
  readonly from?: string
  /** How many at most, from 1 to 10,000. Default 100. */
  readonly limit?: number
}

/** What a redrive came to. */
export interface Redriven {
  readonly redriven: number
  /** These stand as they were. */
  readonly failed: number
  /** Why the first one failed. */
  readonly error: Error | undefined
}

const pageSize = 100
const maxLimit = 10_000

/**
 * The messages that handlers gave up on, of all subscriptions of the channel. Every call rejects with `RedisError` when
 * Redis can't be asked, and with `ConfigurationError` for ids that are none.
 */
export class DeadLetters {
  readonly #context: DeadLettersContext

  constructor(context: DeadLettersContext) {
    this.#context = context
  }

  /** Lists dead letters, oldest first. To go on, list from the last id again and leave out the first. */
  async list({ from = '-', limit = pageSize }: ListDeadLettersOptions = {}): Promise<readonly DeadLetter[]> {
    if (from !== '-') checkId(from)
    if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
      throw new ConfigurationError(`Expected \`limit\` to be a whole number from 1 to ${maxLimit}, got \`${limit}\``)
    }
    return this.#read(from, limit)
  }

  /**
   * Publishes these messages again, to every subscription, and then removes them: each at least once. Without `ids`,
   * all that stand when it is called; those that fail meanwhile, perhaps once more, are left. Ids that no longer stand
   * count as neither redriven nor failed.
   */
  async redrive(ids?: readonly string[]): Promise<Redriven> {
    let redriven = 0
    let failed = 0
    let error: Error | undefined
    for await (const page of this.#pages(ids)) {
      const published: string[] = []
      for (const letter of page) {
        try {
          await this.#context.republish(letter.message)
          published.push(letter.id)
        } catch (failure) {
          failed++
          error ??= toError(failure)
        }
      }
      if (published.length > 0) await this.#context.store.removeDeadLetters(published)
      redriven += published.length
    }
    return { redriven, failed, error }
  }

  /**
   * Removes these dead letters or, without `ids`, all that stand when it is called. Resolves to how many there were.
   */
  async purge(ids?: readonly string[]): Promise<number> {
    let purged = 0
    for await (const page of this.#pages(ids)) {
      purged += await this.#context.store.removeDeadLetters(page.map(({ id }) => id))
    }
    return purged
  }

  #pages(ids: readonly string[] | undefined): AsyncGenerator<readonly DeadLetter[]> {
    return ids ? this.#pagesOf(ids) : this.#pagesUpToNewest()
  }

  async *#pagesOf(ids: readonly string[]): AsyncGenerator<readonly DeadLetter[]> {
    for (const id of ids) checkId(id)
    for (const id of ids) {
      const [letter] = await this.#read(id, 1)
      if (letter?.id === id) yield [letter]
    }
  }

  /** A message published again can fail again, so without an end fixed first this might never come to one. */
  async *#pagesUpToNewest(): AsyncGenerator<readonly DeadLetter[]> {
    let newest: string | undefined
    for await (const page of this.#allPages()) newest = page.at(-1)?.id
    if (newest === undefined) return
    for await (const page of this.#allPages()) {
      const standing = page.filter(({ id }) => compareStreamIds(id, newest) <= 0)
      if (standing.length > 0) yield standing
      if (standing.length < page.length) return
    }
  }

  async *#allPages(): AsyncGenerator<readonly DeadLetter[]> {
    let from = '-'
    for (;;) {
      const letters = await this.#read(from, pageSize)
      const page = letters.filter(({ id }) => id !== from)
      const last = page.at(-1)
      if (!last) return
      yield page
      from = last.id
    }
  }

  async #read(from: string, count: number): Promise<readonly DeadLetter[]> {
    const { store, checkOpen } = this.#context
    checkOpen?.()
    return store.listDeadLetters(from, count)
  }
}

function checkId(id: string): void {
  if (isStreamId(id)) return
  throw new ConfigurationError(
    `Expected the id of a dead letter, such as "1795365850251-0", got ${JSON.stringify(id.slice(0, 100))}: pass on the \`id\` of one that was listed`,
  )
}
