/**
 * Closes what it was handed, the latest first, when it is disposed of: an `AsyncDisposableStack`, which the oldest Node
 * that is supported does not have.
 */
export class Resources implements AsyncDisposable {
  readonly #closings: (() => unknown)[] = []

  /** Hands back what it was handed. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.defer(() => resource[Symbol.asyncDispose]())
    return resource
  }

  /** Runs a function, and awaits it, when all is closed. */
  defer(close: () => unknown): void {
    this.#closings.push(close)
  }

  /** @throws AggregateError of what went wrong, after everything was tried */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (const close of this.#closings.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `Could not close all: ${errors.map(String).join('; ')}`)
  }
}
