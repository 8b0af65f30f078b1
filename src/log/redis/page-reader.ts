import { isRefused, RedisError } from '../../support/errors.js'
import type { Page } from '../model/entry.js'
import type { LogKeys } from '../model/keys.js'
import { readEntry, readJoinedPage, readList, readOptionalText } from './replies.js'
import type { ScriptCalls } from './script-calls.js'
import { readPageScript } from './scripts/read-page.js'
import type { Command } from './transaction.js'

/** Reads pages of the log as they are, or put together by a script. */
export class PageReader {
  readonly #keys: LogKeys
  readonly #scripts: Pick<ScriptCalls, 'run'>
  readonly #transaction: (...commands: readonly Command[]) => Promise<readonly unknown[]>
  #mayRunScripts = true

  constructor(
    keys: LogKeys,
    scripts: Pick<ScriptCalls, 'run'>,
    transaction: (...commands: readonly Command[]) => Promise<readonly unknown[]>,
  ) {
    this.#keys = keys
    this.#scripts = scripts
    this.#transaction = transaction
  }

  async read(from: string, count: number, joined: boolean): Promise<Page> {
    const page = joined && this.#mayRunScripts ? await this.#readJoined(from, count) : undefined
    return page ?? this.#readPlain(from, count)
  }

  async #readPlain(from: string, count: number): Promise<Page> {
    const { stream, last } = this.#keys
    const [newest, entries] = await this.#transaction(
      ['get', last],
      ['xrange', stream, from, '+', 'COUNT', String(count)],
    )
    return { entries: readList(entries).map(readEntry), last: readOptionalText(newest) }
  }

  /** Undefined where it can only be read as it is: that also says what is wrong with the keys, if anything is. */
  async #readJoined(from: string, count: number): Promise<Page | undefined> {
    const { stream, last } = this.#keys
    try {
      return await this.#scripts.run(readPageScript, [stream, last], [from, String(count)], readJoinedPage)
    } catch (error) {
      if (isRefused(error)) this.#mayRunScripts = false
      else if (!(error instanceof RedisError) || error.kind !== 'reply') throw error
      return undefined
    }
  }
}
