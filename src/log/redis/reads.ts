import { RedisError } from '../../support/errors.js'
import { isError } from '../../support/thrown.js'
import type { Page } from '../model/entry.js'
import type { LogKeys } from '../model/keys.js'
import { isUnavailable, replyCode, replyText } from './errors.js'
import { refusalOf } from './refusals.js'
import { readEntry, readJoinedPage, readList, readOptionalText } from './replies.js'
import { readPageScript } from './scripts/read-page.js'
import { readScript } from './scripts/read.js'
import type { RedisSession } from './session.js'

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: string[]]

/** Reads that are one atomic step. */
export class AtomicReads {
  readonly #session: RedisSession
  readonly #keys: readonly string[]

  /** @param keys all keys that the commands may read */
  constructor(session: RedisSession, keys: readonly string[]) {
    this.#session = session
    this.#keys = keys
  }

  /** Runs commands that only read; resolves with their replies, null for one that found no such key. */
  async run(...commands: readonly Command[]): Promise<readonly unknown[]> {
    const replies = readList(await this.#execute(commands))
    return commands.map(([name], index) => {
      const reply = replies[index]
      if (!isError(reply)) return reply
      if (reply.message.includes('no such key')) return null
      throw this.#session.failureOf(name, reply)
    })
  }

  async #execute(commands: readonly Command[]): Promise<unknown> {
    // Sent in one turn, so that nobody else's command comes between; faster than ioredis' multi(), and than a script.
    const transaction = [['multi'] as const, ...commands, ['exec'] as const]
    const sent = transaction.map(([name, ...args]) => this.#session.callHere(name, ...args))
    try {
      return (await Promise.all(sent)).at(-1)
    } catch (error) {
      // A server whose memory is full (`maxmemory`) queues no command, not even one that reads; a script may read. And
      // a script is one call, which can be sent on whole to the node that the keys are on their way to. A proxy may
      // pass on no transactions.
      const code = replyCode(error)
      if (code !== 'OOM' && code !== 'ASK' && refusalOf(replyText(error) ?? '') !== 'absent') throw error
      return this.#session.runScript(readScript, this.#keys, [JSON.stringify(commands)], readList)
    }
  }
}

/** Reads pages of the log as they are, or joined by a script. */
export class PageReader {
  readonly #session: RedisSession
  readonly #keys: LogKeys
  readonly #reads: AtomicReads
  #mayRunScripts = true

  constructor(session: RedisSession, keys: LogKeys, reads: AtomicReads) {
    this.#session = session
    this.#keys = keys
    this.#reads = reads
  }

  async read(from: string, count: number, joined: boolean): Promise<Page> {
    const page = joined && this.#mayRunScripts ? await this.#readJoined(from, count) : undefined
    return page ?? this.#readPlain(from, count)
  }

  async #readPlain(from: string, count: number): Promise<Page> {
    const { stream, last } = this.#keys
    const [newest, entries] = await this.#reads.run(
      ['get', last],
      ['xrange', stream, from, '+', 'COUNT', String(count)],
    )
    return { entries: readList(entries).map(readEntry), last: readOptionalText(newest) }
  }

  /** Undefined if the page can only be read plain: that also says what is wrong with the keys, if anything is. */
  async #readJoined(from: string, count: number): Promise<Page | undefined> {
    const { stream, last } = this.#keys
    try {
      return await this.#session.runScript(readPageScript, [stream, last], [from, String(count)], readJoinedPage)
    } catch (error) {
      if (isUnavailable(error)) this.#mayRunScripts = false
      else if (!(error instanceof RedisError) || error.kind !== 'reply') throw error
      return undefined
    }
  }
}
