import type { Attributes } from '@opentelemetry/api'
import { subscriptionAttributes } from './attributes.js'
import { type Sum, Total } from './counters.js'

/** Something that is measured by channel and name. */
interface NamedSource {
  readonly channel: string
  readonly name: string
  readonly counters: object
}

/** The sources that share a channel and a name. */
interface Copies<Source extends NamedSource, Added extends Source['counters'] & Sum<Source['counters']>> {
  readonly attributes: Attributes
  readonly open: Set<Source>
  /** Includes the closed ones: a counter never goes back. */
  readonly total: Total<Added, Source['counters']>
}

/** Sources by channel and name. Those that share both are measured together. */
export class NamedSources<Source extends NamedSource, Added extends Source['counters'] & Sum<Source['counters']>> {
  readonly #create: () => Added
  readonly #copies = new Map<string, Copies<Source, Added>>()

  /** @param create makes an empty sum */
  constructor(create: () => Added) {
    this.#create = create
  }

  /** Measures a source until what it returns is called; its counts stay in the sum. */
  add(source: Source): () => void {
    const { open, total } = this.#copiesOf(source)
    open.add(source)
    total.add(source.counters)
    return () => {
      open.delete(source)
      total.remove(source.counters)
    }
  }

  [Symbol.iterator](): Iterator<Copies<Source, Added>> {
    return this.#copies.values()
  }

  #copiesOf({ channel, name }: Source): Copies<Source, Added> {
    const key = JSON.stringify([channel, name])
    let copies = this.#copies.get(key)
    if (!copies) {
      const total = new Total<Added, Source['counters']>(this.#create)
      copies = { attributes: subscriptionAttributes(channel, name), open: new Set(), total }
      this.#copies.set(key, copies)
    }
    return copies
  }
}
