import { Deadlines, type Limited } from '../../support/deadlines.js'
import type { Runtime } from '../../support/runtime.js'

const minSlackMs = 2
const maxSlackMs = 250

class PendingCall implements Limited {
  readonly command: string
  readonly deadline: number
  #reject: ((error: Error) => void) | undefined

  constructor(command: string, deadline: number, reject: (error: Error) => void) {
    this.command = command
    this.deadline = deadline
    this.#reject = reject
  }

  get waiting(): boolean {
    return this.#reject !== undefined
  }

  /** Whether it ended by this: not if it was rejected before. */
  end(): boolean {
    const { waiting } = this
    this.#reject = undefined
    return waiting
  }

  reject(error: Error): void {
    const reject = this.#reject
    this.#reject = undefined
    reject?.(error)
  }
}

/** Calls that wait for their reply. Each settles once: with its reply, or when all are rejected. */
export class PendingCalls {
  readonly #deadlines: Deadlines<PendingCall>
  #latestDeadline = 0
  #closed = false

  /**
   * @param limitMs how long most calls may take
   * @param onOverdue called with the command of the oldest call when its deadline has passed, at most 250 ms or a tenth
   *   of the limit late; must reject all calls
   */
  constructor(runtime: Runtime, limitMs: number, onOverdue: (command: string) => void) {
    this.#deadlines = new Deadlines({
      runtime,
      slackMs: Math.max(minSlackMs, Math.min(maxSlackMs, limitMs / 10)),
      onExpired: ({ command }) => onOverdue(command),
    })
  }

  /** Settles as `reply` does, unless `rejectAll` comes first. `translate` turns what `reply` rejects with. */
  track<T>(command: string, reply: Promise<T>, deadline: number, translate: (error: unknown) => Error): Promise<T> {
    // Replies come in order, so a call can't be answered before those that wait already.
    if (this.#deadlines.oldest === undefined) this.#latestDeadline = 0
    this.#latestDeadline = Math.max(this.#latestDeadline, deadline)
    return new Promise((resolve, reject) => {
      const call = new PendingCall(command, this.#latestDeadline, reject)
      if (!this.#closed) this.#deadlines.add(call)
      reply.then(
        (value) => {
          if (call.end()) resolve(value)
        },
        (error: unknown) => {
          if (call.end()) reject(translate(error))
        },
      )
    })
  }

  rejectAll(errorFor: (command: string, deadline: number) => Error): void {
    for (const call of this.#deadlines.clear()) call.reject(errorFor(call.command, call.deadline))
  }

  /** From now on no deadline is watched: what is called yet settles as its reply does. */
  close(): void {
    this.#closed = true
  }
}
