import type { DeadLetter, DeadLetterStore } from '../../log/log.js'
import { compareStreamIds, isStreamId } from '../../message/stream-id.js'
import { describeValue } from '../../support/describe-value.js'
import { ConfigurationError } from '../../support/errors.js'
import { type OptionRule, resolveOptions, type RulesOf, wholeNumber } from '../../support/option-rules.js'
import { toError } from '../../support/thrown.js'

/** Where dead letters are kept, and how they are published again. */
export interface DeadLettersContext {
  readonly store: DeadLetterStore
  /** Appends a message (as JSON) to the log again. */
  readonly republish: (message: string) => Promise<void>
  /** Throws if its owner is closed; called before each read. Default: never. */
  readonly checkOpen?: () => void
}

/** Options of `deadLetters.list`. */
export interface ListDeadLettersOptions {
  /** The id to begin with, inclusive. Default: the oldest. */
  readonly from?: string
  /** How many dead letters at most. Default 100. */
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

const from: OptionRule<string> = {
  expected: 'the id of a dead letter',
  defaultText: 'the oldest',
  unit: '',
  resolve(given = '-') {
    if (given !== '-') checkId(given)
    return given
  },
}

export const listRules = {
  from,
  limit: wholeNumber({ default: pageSize, unit: 'dead letters', min: 1, max: 10_000 }),
} satisfies RulesOf<ListDeadLettersOptions>

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
  async list(options: ListDeadLettersOptions = {}): Promise<readonly DeadLetter[]> {
    const { from, limit } = resolveOptions(listRules, options, 'deadLetters.list')
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
    return ids === undefined ? this.#pagesUpToNewest() : this.#pagesOf(ids)
  }

  async *#pagesOf(ids: readonly string[]): AsyncGenerator<readonly DeadLetter[]> {
    checkIds(ids)
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

/** Everything is removed only where no ids are given: `null`, or an empty text, is not taken for that. */
function checkIds(ids: unknown): void {
  if (!Array.isArray(ids)) {
    throw new ConfigurationError(`Expected the ids of dead letters to be an array, got ${describeValue(ids)}`)
  }
  ids.forEach(checkId)
}

function checkId(id: unknown): asserts id is string {
  if (typeof id === 'string' && isStreamId(id)) return
  throw new ConfigurationError(
    `Expected the id of a dead letter, such as "1795365850251-0", got ${describeValue(id)}: pass on the \`id\` of one that was listed`,
  )
}
