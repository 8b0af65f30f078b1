import { logKeys } from '../../log/model/keys.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import { matchesPattern } from '../../message/glob.js'
import type { InvalidationMessage } from '../../message/message.js'
import { ConfigurationError } from '../../support/errors.js'

/** Once may be chance: somebody's FLUSHALL at just that moment. */
const conclusive = 2

/**
 * Recognises a handler that deletes the log itself: it handled a pattern that matches the log's keys, and the next look
 * found the log gone, twice in a row. Pure.
 */
export class LogDeletion {
  readonly #channel: string
  readonly #keys: readonly string[]
  /** The newest such pattern, if no look has found the log since, and the number of the newest look at that time. */
  #handled: { readonly pattern: string; readonly look: number } | undefined
  #times = 0
  /** Whether such a pattern was handled, and no look has found the log since. */
  isSuspected = false

  constructor(channel: string) {
    const { stream, last } = logKeys(channel)
    this.#channel = channel
    this.#keys = [stream, last]
  }

  /** Whether the log was found to be deleted by a handler, and not found intact since. */
  get isFound(): boolean {
    return this.#times >= conclusive
  }

  /** The first pattern among messages that matches a key of the log. */
  patternIn(messages: readonly InvalidationMessage[]): string | undefined {
    for (const message of messages) {
      if (message.action !== 'pattern') continue
      if (this.#keys.some((key) => matchesPattern(message.pattern, key))) return message.pattern
    }
    return undefined
  }

  /** The handler has run with such a pattern; `look` is the number of the newest look at the server by then. */
  handled(pattern: string, look: number): void {
    this.#handled = { pattern, look }
    this.isSuspected = true
  }

  /** A look at the server found that the log ends with an entry that was handled. */
  seen(look: number): void {
    if (this.#handled === undefined || look <= this.#handled.look) return
    this.#forget()
    this.#times = 0
  }

  /** The link was down: the log may have been lost for another reason meanwhile. */
  linkLost(): void {
    this.#forget()
  }

  /** The log can't be followed for this reason. Returns the error to report if a handler is found to delete it. */
  lost(reason: ResyncReason): ConfigurationError | undefined {
    const handled = this.#handled
    if (reason !== 'log-lost' || handled === undefined) return undefined
    this.#forget()
    this.#times += 1
    if (this.#times !== conclusive) return undefined
    return new ConfigurationError(
      `The log of the channel "${this.#channel}" was gone ${conclusive} times right after the handler had run for the pattern "${handled.pattern}": a handler, this one or another service's, deletes the keys ${this.#keys.join(', ')}; delete with \`deleteMatching\`, which spares them, give the cache's keys a prefix of their own, or keep the log in another Redis`,
    )
  }

  #forget(): void {
    this.#handled = undefined
    this.isSuspected = false
  }
}
