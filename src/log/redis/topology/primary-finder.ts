import { ConfigurationError, InvalidationError, RedisError } from '../../../support/errors.js'
import { delay, type Runtime } from '../../../support/runtime.js'
import { describeThrown, toError } from '../../../support/thrown.js'
import { replyText } from '../errors.js'
import { type Refusal, refusalOf } from '../refusals.js'
import { type Address, distinctAddresses, formatAddress } from './address.js'

/** What is learnt of one that can be asked, a sentinel or a node of a cluster. */
export interface Topology {
  /** The primary of the log; undefined where this one knows of none. */
  readonly primary: Address | undefined
  /** Others that can be asked, each once. */
  readonly nodes: readonly Address[]
}

export interface PrimaryFinderContext {
  /** Who can be asked from the start: sentinels, or nodes of the cluster. */
  readonly seeds: readonly Address[]
  readonly runtime: Runtime
  /** Asks one of them; must settle. */
  readonly ask: (node: Address) => Promise<Topology>
  /** What to say of one that knows of no primary. */
  readonly unknown: string
}

/** How long one may be silent before the next one is asked as well. */
const headStartMs = 100

/** What says that no other would answer differently: it is about us. */
const aboutUs: readonly Refusal[] = ['not-you', 'no-right']

/**
 * Finds the primary that has the log. Those who may know are asked in random order, until one names it: who is cut off
 * from the others goes on naming the primary of yesterday, so the same one must not be asked each time.
 */
export class PrimaryFinder {
  readonly #context: PrimaryFinderContext
  #nodes: readonly Address[]
  #redirected: Address | undefined
  #looking: Promise<Address> | undefined
  #last: Address | undefined

  constructor(context: PrimaryFinderContext) {
    this.#context = context
    this.#nodes = context.seeds
  }

  /** Where it was found last. */
  get last(): Address | undefined {
    return this.#last
  }

  /** A server has named the primary: whoever looks next is sent there, once. */
  movedTo(primary: Address): void {
    this.#redirected = primary
  }

  /** Rejects with what the last one failed with, or with a refusal. Callers at the same time share one look. */
  async locate(): Promise<Address> {
    const redirected = this.#redirected
    this.#redirected = undefined
    this.#last = redirected ?? (await this.#lookOnce())
    return this.#last
  }

  #lookOnce(): Promise<Address> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<Address> {
    const { runtime } = this.#context
    const primary = Promise.withResolvers<Address>()
    const asked: Promise<void>[] = []
    let found = false
    let failure: Error | undefined
    const ask = async (node: Address): Promise<void> => {
      try {
        primary.resolve(await this.#askFor(node))
        found = true
      } catch (error) {
        if (aboutUs.includes(refusalOf(replyText(error) ?? ''))) primary.reject(toError(error))
        // What can't be mended by waiting is told before what can.
        if (!(failure instanceof ConfigurationError)) failure = failureOf(node, error)
      }
    }
    for (const node of shuffled(this.#nodes, runtime)) {
      const answered = ask(node)
      asked.push(answered)
      // A refusal ends the look, and may come from one that was asked before: from here on it is handled.
      await Promise.race([primary.promise, answered, delay(runtime, headStartMs)])
      if (found) break
    }
    void Promise.all(asked).then(() => {
      primary.reject(failure ?? new Error('there is nobody to ask'))
    })
    return primary.promise
  }

  async #askFor(node: Address): Promise<Address> {
    const { seeds, ask, unknown } = this.#context
    const { primary, nodes } = await ask(node)
    if (primary === undefined) throw new RedisError('disconnected', `${formatAddress(node)} ${unknown}`)
    this.#nodes = distinctAddresses([...nodes, ...seeds])
    return primary
  }
}

function failureOf(node: Address, error: unknown): Error {
  if (error instanceof InvalidationError) return error
  return new Error(`${formatAddress(node)} could not be asked for it: ${describeThrown(error)}`, { cause: error })
}

function shuffled<T>(items: readonly T[], runtime: Pick<Runtime, 'random'>): T[] {
  return items
    .map((item) => ({ item, at: runtime.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
