interface PendingCall {
  readonly command: string
  readonly deadline: number
  readonly reject: (error: Error) => void
}

/** Calls that wait for their reply. Each settles once: with its reply, or when all are rejected. */
export class PendingCalls {
  readonly #calls = new Set<PendingCall>()
  #latestDeadline = 0

  /** Settles as `reply` does, unless `rejectAll` comes first. `translate` turns what `reply` rejects with. */
  track<T>(command: string, reply: Promise<T>, deadline: number, translate: (error: unknown) => Error): Promise<T> {
    // Replies come in order, so a call can't be answered before those that wait already.
    if (this.#calls.size === 0) this.#latestDeadline = 0
    this.#latestDeadline = Math.max(this.#latestDeadline, deadline)
    const latest = this.#latestDeadline
    return new Promise((resolve, reject) => {
      const call: PendingCall = { command, deadline: latest, reject }
      this.#calls.add(call)
      reply.then(
        (value) => {
          if (this.#calls.delete(call)) resolve(value)
        },
        (error: unknown) => {
          if (this.#calls.delete(call)) reject(translate(error))
        },
      )
    })
  }

  /** The command of the oldest call whose deadline has passed. */
  overdue(now: number): string | undefined {
    for (const call of this.#calls) return call.deadline <= now ? call.command : undefined
    return undefined
  }

  rejectAll(errorFor: (command: string, deadline: number) => Error): void {
    const calls = [...this.#calls]
    this.#calls.clear()
    this.#latestDeadline = 0
    for (const { command, deadline, reject } of calls) reject(errorFor(command, deadline))
  }
}
