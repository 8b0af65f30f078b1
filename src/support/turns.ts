import type { Runtime } from './runtime.js'

interface Turn {
  readonly limit: number
  enter(): void
}

/** Lets a few tasks run at a time, in the order they come. */
export class Turns {
  #running = 0
  readonly #waiting: Turn[] = []

  /**
   * Settles as `task` does.
   *
   * @param limit how many tasks may run at once, this one included
   */
  async take<T>(limit: number, task: () => Promise<T>): Promise<T> {
    await this.#enter(limit)
    try {
      return await task()
    } finally {
      this.#running -= 1
      this.#letIn()
    }
  }

  #enter(limit: number): Promise<void> {
    const entered = new Promise<void>((resolve) => this.#waiting.push({ limit, enter: resolve }))
    this.#letIn()
    return entered
  }

  /**
   * Nobody overtakes the first, whose limit may be lower than that of others: every task that ends brings it closer.
   */
  #letIn(): void {
    for (let [next] = this.#waiting; next && this.#running < next.limit; [next] = this.#waiting) {
      this.#waiting.shift()
      this.#running += 1
      next.enter()
    }
  }
}

const turnsOfRuntimes = new WeakMap<Runtime, Map<string, Turns>>()

/** The turns that all users of a runtime share who give the same name. */
export function sharedTurns(runtime: Runtime, name: string): Turns {
  const byName = turnsOfRuntimes.get(runtime) ?? new Map<string, Turns>()
  turnsOfRuntimes.set(runtime, byName)
  const turns = byName.get(name) ?? new Turns()
  byName.set(name, turns)
  return turns
}
