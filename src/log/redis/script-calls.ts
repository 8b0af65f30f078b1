import { replyCode } from './errors.js'
import type { Script } from './scripts/script.js'
import type { Send } from './session-calls.js'

/** Runs scripts by digest or, where the server does not know one (any more), by their text; calls keep their order. */
export class ScriptCalls {
  readonly #call: Send
  /** Set while calls are sent again: later ones wait, so that none overtakes them. */
  #sendingAgain: Promise<void> | undefined

  constructor(call: Send) {
    this.#call = call
  }

  /** Resolves with what `read` makes of the reply. */
  run<T>(script: Script, keys: readonly string[], args: readonly string[], read: (reply: unknown) => T): Promise<T> {
    if (this.#sendingAgain) return this.#sendingAgain.then(() => this.run(script, keys, args, read))
    const rest = [String(keys.length), ...keys, ...args]
    return this.#call('evalsha', script.digest, ...rest).then(read, (error: unknown) => {
      if (replyCode(error) !== 'NOSCRIPT') throw error
      return this.#sendAgain(script, rest).then(read)
    })
  }

  #sendAgain(script: Script, rest: string[]): Promise<unknown> {
    const reply = this.#call('eval', script.source, ...rest)
    const settled = (): void => {
      this.#sendingAgain = undefined
    }
    // Replies come in order: when this one is in, so are those to all calls that were under way, and each of them that
    // failed the same way has been sent again.
    this.#sendingAgain ??= reply.then(settled, settled)
    return reply
  }
}
