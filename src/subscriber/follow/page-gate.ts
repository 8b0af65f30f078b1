import type { Runtime } from '../../support/runtime.js'

/** Reads a page of the log when there is room for one more read; settles as the read does. */
export type InTurn = <T>(read: () => Promise<T>) => Promise<T>

interface Waiting {
  readonly limit: number
  enter(): void
}

/**
 * Lets a few reads of pages through at a time, in the order they come. A place is held only while a page is on its way,
 * never while one is handed over: a slow handler keeps nobody waiting.
 */
export class PageGate {
  #reading = 0
  readonly #waiting: Waiting[] = []

  /**
   * Settles as `read` does.
   *
   * @param limit how many reads there may be at once, this one included
   */
  async run<T>(limit: number, read: () => Promise<T>): Promise<T> {
    await this.#enter(limit)
    try {
      return await read()
    } finally {
      this.#reading -= 1
      this.#letIn()
    }
  }

  #enter(limit: number): Promise<void> {
    const entered = new Promise<void>((resolve) => this.#waiting.push({ limit, enter: resolve }))
    this.#letIn()
    return entered
  }

  /** Nobody overtakes the first, whose limit may be lower than that of others: every read that ends brings it closer. */
  #letIn(): void {
    for (let [next] = this.#waiting; next && this.#reading < next.limit; [next] = this.#waiting) {
      this.#waiting.shift()
      this.#reading += 1
      next.enter()
    }
  }
}

const gates = new WeakMap<Runtime, Map<string, PageGate>>()

/**
 * The gate that all subscriptions of this process share which read from the same servers: it is they, and the memory of
 * the process, that many replays at once would be too much for. Servers that do not answer hold up no others.
 */
export function pageGate(runtime: Runtime, origin: string): PageGate {
  const ofRuntime = gates.get(runtime) ?? new Map<string, PageGate>()
  gates.set(runtime, ofRuntime)
  const gate = ofRuntime.get(origin) ?? new PageGate()
  ofRuntime.set(origin, gate)
  return gate
}
