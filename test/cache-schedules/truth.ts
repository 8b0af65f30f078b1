import type { Runtime } from '../../src/support/runtime.js'

/** What a loader reads: a version of a key. */
export interface Version {
  readonly key: string
  readonly number: number
}

interface Committed {
  readonly tags: readonly string[]
}

/** What an invalidation contradicts: older versions of the keys it names, or those that carry one of its tags. */
export interface Contradiction {
  /** Undefined if it is about keys, whatever their tags. */
  readonly tags: readonly string[] | undefined
  /** The newest version of each key that it concerns, when it was published. */
  readonly newest: ReadonlyMap<string, number>
}

/** The database: each key has versions, and each version has tags. Version 0 is that there is no value. */
export class Truth {
  readonly keys: readonly string[]
  readonly #versions: ReadonlyMap<string, Committed[]>
  readonly #runtime: Pick<Runtime, 'random'>

  constructor(keys: readonly string[], runtime: Pick<Runtime, 'random'>) {
    this.keys = keys
    this.#runtime = runtime
    this.#versions = new Map(keys.map((key) => [key, [{ tags: [] }]]))
  }

  newest(key: string): number {
    return this.#of(key).length - 1
  }

  /** Undefined if there is no value: every fifth version deletes. */
  read(key: string): Version | undefined {
    const number = this.newest(key)
    return number % 5 === 0 ? undefined : { key, number }
  }

  tagsOf({ key, number }: Version): readonly string[] {
    return this.#of(key)[number]?.tags ?? []
  }

  /** Commits a new version, and returns the tags that the one before has. */
  commit(key: string): readonly string[] {
    const versions = this.#of(key)
    const before = versions.at(-1)?.tags ?? []
    versions.push({ tags: ['red', 'blue'].filter(() => this.#runtime.random() < 0.5) })
    return before
  }

  /** What an invalidation that is published now says about these keys. */
  contradiction(concerns: (key: string) => boolean, tags?: readonly string[]): Contradiction {
    return { tags, newest: new Map(this.keys.filter(concerns).map((key) => [key, this.newest(key)])) }
  }

  #of(key: string): Committed[] {
    const versions = this.#versions.get(key)
    if (versions) return versions
    throw new Error(`There is no key ${key}`)
  }
}

/** What a read must not return any more. */
export class Obligations {
  readonly #truth: Truth
  readonly #keys = new Map<string, number>()
  readonly #tags = new Map<string, Map<string, number>>()

  constructor(truth: Truth) {
    this.#truth = truth
  }

  add({ tags, newest }: Contradiction): void {
    if (tags === undefined) raise(this.#keys, newest)
    else for (const tag of tags) raise(this.#ofTag(tag), newest)
  }

  copy(): Obligations {
    const copy = new Obligations(this.#truth)
    raise(copy.#keys, this.#keys)
    for (const [tag, newest] of this.#tags) raise(copy.#ofTag(tag), newest)
    return copy
  }

  /** Why a version must not be returned for a key; undefined if it may. */
  refuse(key: string, version: Version | undefined): string | undefined {
    const least = this.#keys.get(key) ?? 0
    // A value that is missing has no number: it may be each version that deletes.
    if (version === undefined)
      return latestAbsence(this.#truth.newest(key)) < least ? `no value, before ${least}` : undefined
    const { number } = version
    if (number < least) return `version ${number}, before ${least}`
    for (const tag of this.#truth.tagsOf(version)) {
      const leastOfTag = this.#tags.get(tag)?.get(key) ?? 0
      if (number < leastOfTag) return `version ${number} with the tag ${tag}, before ${leastOfTag}`
    }
    return undefined
  }

  #ofTag(tag: string): Map<string, number> {
    const found = this.#tags.get(tag) ?? new Map<string, number>()
    this.#tags.set(tag, found)
    return found
  }
}

/** The newest version up to this one that has no value. */
function latestAbsence(number: number): number {
  return number - (number % 5)
}

function raise(least: Map<string, number>, newest: ReadonlyMap<string, number>): void {
  for (const [key, number] of newest) least.set(key, Math.max(least.get(key) ?? 0, number))
}
