import { streamOfLogKey } from '../log/model/keys.js'
import { matchesPattern } from '../message/glob.js'
import { describeValue } from '../support/describe-value.js'
import { ConfigurationError } from '../support/errors.js'
import { systemRuntime } from '../support/runtime.js'
import { toError } from '../support/thrown.js'
import type { Evictor, TargetSettings } from './evictor.js'
import { KeyvStore } from './keyv-store.js'
import { deleteWhere } from './map-evictor.js'
import { clearsAtOnce } from './names.js'
import { requirePrefix } from './redis-evictor.js'
import { carriesOne } from './tagged.js'
import type { KeyvTarget } from './targets.js'

/** Evicts from a Keyv: by its own `delete` and `clear`, and by the names that its store lists. */
export class KeyvEvictor implements Evictor {
  readonly isRemote: boolean
  readonly #keyv: KeyvTarget
  readonly #settings: TargetSettings
  readonly #store: KeyvStore
  /** Whether keys of others may be in the store, such as those of a log. */
  readonly #isShared: boolean
  readonly #failures: Failures

  /** @throws ConfigurationError if its failures can't be seen, or if its keys in Redis can't be told from others */
  constructor(keyv: KeyvTarget, settings: TargetSettings) {
    this.#keyv = keyv
    this.#settings = settings
    this.#store = new KeyvStore(keyv)
    this.isRemote = this.#store.inMemory === undefined
    this.#isShared = this.#store.isRedis && !keyv.namespace
    this.#failures = new Failures(keyv)
    if (this.#store.isRedis) checkNamespace(keyv, settings)
    if (this.isRemote && this.#store.hidesErrors) {
      throw new ConfigurationError(
        'This Keyv has `emitErrors: false`, so an eviction that fails can not be seen: remove the option, and listen to the event `error` of the Keyv',
      )
    }
  }

  async evictKeys(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const { prefix, batchSize } = this.#settings
    await this.#failures.during(async () => {
      for (let start = 0; start < keys.length; start += batchSize) {
        signal.throwIfAborted()
        await this.#delete(keys.slice(start, start + batchSize).map((key) => prefix + key))
      }
    })
  }

  evictMatching(pattern: string, signal: AbortSignal): void | Promise<void> {
    const { inMemory } = this.#store
    const isMatched = (key: string): boolean => this.#isMatched(pattern, key)
    const isAll = pattern === '*' && this.#settings.prefix === ''
    if (inMemory && !(isAll && !this.#keyv.namespace && clearsAtOnce(inMemory))) {
      const keysOf = this.#store.keyReader()
      return deleteWhere(inMemory, (name) => keysOf(name).some(isMatched), signal)
    }
    return this.#failures.during(async () => {
      // What `clear()` of a store without namespace deletes, others may keep there.
      const names = isAll && !this.#isShared ? undefined : this.#store.names()
      if (!names) return this.#keyv.clear()
      return this.#visit(names, signal, (found) => found.filter((keys) => keys.some(isMatched)))
    })
  }

  async evictTagged(tags: readonly string[], signal: AbortSignal): Promise<void> {
    const { prefix, tagsOf } = this.#settings
    if (!tagsOf) return
    const isTagged = async (keys: readonly string[]): Promise<boolean> => {
      const [first, ...others] = keys.filter((key) => key.startsWith(prefix))
      if (first === undefined) return false
      const value = await this.#keyv.get(first)
      // It has expired, or can't be read: nobody knows its tags.
      if (value === undefined || value === null) return true
      return [first, ...others].some((key) => carriesOne(tags, tagsOf, value, key.slice(prefix.length)))
    }
    await this.#failures.during(async () => {
      const names = this.#store.names()
      if (!names) return this.#keyv.clear()
      return this.#visit(names, signal, async (found) => {
        const tagged = await Promise.all(found.map(isTagged))
        return found.filter((_, index) => tagged[index])
      })
    })
  }

  #isMatched(pattern: string, key: string): boolean {
    const { prefix } = this.#settings
    return key.startsWith(prefix) && matchesPattern(pattern, key.slice(prefix.length))
  }

  /** Goes through all names, batch by batch, and deletes those that are picked. */
  async #visit(
    names: AsyncIterable<unknown>,
    signal: AbortSignal,
    pick: (found: (readonly string[])[]) => (readonly string[])[] | Promise<(readonly string[])[]>,
  ): Promise<void> {
    const keysOf = this.#store.keyReader()
    let found: (readonly string[])[] = []
    const settle = async (): Promise<void> => {
      const picked = await pick(found)
      found = []
      await this.#delete(picked.flatMap(([key]) => (key === undefined ? [] : [key])))
    }
    for await (const name of names) {
      const keys = keysOf(name)
      if (keys.length > 0) found.push(keys)
      if (found.length < this.#settings.batchSize) continue
      await systemRuntime.yield()
      signal.throwIfAborted()
      await settle()
    }
    await settle()
  }

  /** One by one: `deleteMany` of Keyv 5 makes other names of some keys than `set` does. */
  async #delete(keys: readonly string[]): Promise<void> {
    const own = this.#isShared ? keys.filter((key) => streamOfLogKey(key) === undefined) : keys
    await Promise.all(own.map((key) => this.#keyv.delete(key)))
  }
}

const globSigns = /[\\*?[\]]/

/** The store scans Redis with its namespace as it is. */
function checkNamespace({ namespace }: KeyvTarget, settings: TargetSettings): void {
  requirePrefix(namespace ?? '', settings, 'Keyv with a `namespace`')
  if (namespace === undefined || !globSigns.test(namespace)) return
  throw new ConfigurationError(
    `Expected the namespace of a Keyv in Redis to have none of \`*\`, \`?\`, \`[\`, \`]\` and \`\\\`, got ${describeValue(namespace)}: Keyv looks for its keys with them as a glob, and may miss some`,
  )
}

/** A Keyv emits what fails, and resolves: what it emits while something of ours is under way counts as ours. */
class Failures {
  readonly #keyv: KeyvTarget
  #underWay = 0
  #count = 0
  #latest: unknown

  constructor(keyv: KeyvTarget) {
    this.#keyv = keyv
  }

  /** Rejects if the task does, or if an error is emitted before it is over. An eviction too many does no harm. */
  async during(task: () => Promise<unknown>): Promise<void> {
    const before = this.#count
    if (this.#underWay++ === 0) this.#keyv.on('error', this.#note)
    try {
      await task()
    } finally {
      if (--this.#underWay === 0) this.#keyv.off('error', this.#note)
    }
    if (this.#count !== before) throw toError(this.#latest)
  }

  readonly #note = (error: unknown): void => {
    this.#count += 1
    this.#latest = error
  }
}
